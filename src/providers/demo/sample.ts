import { isRecord, type JsonRecord, recordsOf } from '../record.ts'

const levelsMax = 16

/** Makes a small value that most schemas take: the first choice, the least number, the text `demo`, only what is required. */
export function sampleOf(schema: unknown, root: unknown = schema, level = 0): unknown {
  if (!isRecord(schema) || level > levelsMax) return null
  const below = (inner: unknown): unknown => sampleOf(inner, root, level + 1)
  if (schema.const !== undefined) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  if (typeof schema.$ref === 'string') return below(targetOf(schema.$ref, root))
  const [alternative] = recordsOf(schema.anyOf ?? schema.oneOf)
  if (alternative !== undefined) return below(alternative)
  const type: unknown = Array.isArray(schema.type) ? schema.type[0] : schema.type
  switch (type ?? (schema.properties === undefined ? 'string' : 'object')) {
    case 'object':
      return objectOf(schema, below)
    case 'array':
      return Array.from({ length: Math.min(numberOf(schema.minItems), 100) }, () => below(schema.items ?? {}))
    case 'string':
      return 'demo'
        .padEnd(Math.min(numberOf(schema.minLength), 1000), '.')
        .slice(0, numberOf(schema.maxLength, 1000))
    case 'integer':
    case 'number':
      return numberOf(schema.minimum, Math.min(0, numberOf(schema.maximum)))
    case 'boolean':
      return true
    default:
      return null
  }
}

function objectOf(schema: JsonRecord, below: (inner: unknown) => unknown): unknown {
  const properties = isRecord(schema.properties) ? schema.properties : {}
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : []
  const entries = Object.entries(properties).filter(([name]) => required.includes(name))
  return Object.fromEntries(entries.map(([name, inner]) => [name, below(inner)]))
}

function targetOf(ref: string, root: unknown): unknown {
  const [, ...steps] = ref.split('/')
  return steps.reduce((at: unknown, step) => (isRecord(at) ? at[step] : undefined), root)
}

function numberOf(value: unknown, otherwise = 0): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise
}
