import type { ErrorObject } from 'ajv'
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
  // Tells with an error which object and which rules it is about.
  verbose: true,
})

/** Compiles a schema to a validator that tells an unknown member which ones are known. */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema }) => {
  const validate = ajv.compile(schema)
  return (data: unknown) => {
    if (validate(data)) return { value: data }
    const errors = (validate.errors ?? []).map(unknownFirst)
    return { error: Object.assign(new Error('not valid'), { validation: errors.map(withoutValue) }) }
  }
}

// Ajv finds the missing member before the unknown one, which is most often the same one mistyped.
function unknownFirst(error: ErrorObject): ErrorObject {
  const { data, parentSchema } = error
  if (parentSchema?.additionalProperties !== false) return error
  const known = Object.keys(parentSchema.properties ?? {})
  const unknown = firstUnknown(data, known)
  if (unknown === undefined) return error
  return { ...error, keyword: 'additionalProperties', params: { additionalProperty: unknown, known } }
}

// What the caller sent has no place in an error.
function withoutValue({ data: _, schema: __, parentSchema: ___, ...error }: ErrorObject): ErrorObject {
  return error
}

function firstUnknown(data: unknown, known: readonly string[]): string | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined
  return Object.keys(data).find((name) => !known.includes(name))
}
