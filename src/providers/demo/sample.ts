import { isRecord, type JsonRecord, recordsOf } from '../record.ts'

const levelsMax = 16
// Lists of lists, and references that double at each step, would make more than any machine can hold.
const valuesMax = 1_000

/** Makes a small value that most schemas take: the first choice, the least number, the text `demo`, only what is required. */
export function sampleOf(schema: unknown): unknown {
  return sampleAt(schema, { root: schema, left: valuesMax }, 0)
}

interface Sampling {
  readonly root: unknown
  /** How many values may still be made. */
  left: number
}

function sampleAt(schema: unknown, sampling: Sampling, level: number): unknown {
  if (!isRecord(schema) || level > levelsMax || sampling.left <= 0) return null
  sampling.left -= 1
  const below = (inner: unknown): unknown => sampleAt(inner, sampling, level + 1)
  if (schema.const !== undefined) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  if (typeof schema.$ref === 'string') return below(targetOf(schema.$ref, sampling.root))
  const [alternative] = recordsOf(schema.anyOf ?? schema.oneOf)
  if (alternative !== undefined) return below(alternative)
  const type: unknown = Array.isArray(schema.type) ? schema.type[0] : schema.type
  switch (type ?? (schema.properties === undefined ? 'string' : 'object')) {
    case 'object':
      return objectOf(schema, below)
    case 'array':
      return listOf(schema, sampling, below)
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

function listOf(schema: JsonRecord, sampling: Sampling, below: (inner: unknown) => unknown): unknown {
  const length = Math.min(numberOf(schema.minItems), 100, sampling.left)
  return Array.from({ length }, () => below(schema.items ?? {}))
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
