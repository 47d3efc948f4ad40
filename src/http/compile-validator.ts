import { Ajv2020 } from 'ajv/dist/2020.js'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'

/** The validator of all bodies and queries (JSON Schema draft 2020-12). */
// Fastify's own defaults drop unknown members and turn 5 into "5"; here nothing is dropped and nothing is coerced.
export const ajv = new Ajv2020({
  removeAdditional: false,
  coerceTypes: false,
  useDefaults: false,
  allErrors: false,
  strict: false,
})

/** Compiles a schema to a validator that tells an unknown member which ones are known. */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema }) => {
  const validate = ajv.compile(schema)
  const known = Object.keys(
    'properties' in schema && typeof schema.properties === 'object' ? (schema.properties ?? {}) : {},
  )
  return (data: unknown) => {
    if (validate(data)) return { value: data }
    const errors = validate.errors ?? []
    // Ajv finds the missing member before the unknown one, which is most often the same one mistyped.
    const unknown = errors[0]?.instancePath === '' ? firstUnknown(data, known) : undefined
    const validation =
      unknown === undefined ? errors : [{ ...unknownMember, params: { additionalProperty: unknown, known } }]
    return { error: Object.assign(new Error('not valid'), { validation }) }
  }
}

const unknownMember = { keyword: 'additionalProperties', instancePath: '', schemaPath: '#' }

function firstUnknown(data: unknown, known: readonly string[]): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  return Object.keys(data).find((name) => !known.includes(name))
}
