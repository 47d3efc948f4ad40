import type { JsonObject } from '../../domain/models/provider.ts'
import { isRecord, type JsonRecord } from '../record.ts'

const levelsMax = 32

/**
 * Returns a schema as Anthropic's `output_config` takes it, or undefined where it cannot say what is asked for. It is the one asked for
 * with objects closed and without the bounds that the API does not know: those are told in words, and checked in the answer. By its guide
 * on structured outputs as of 2026-11-22, and as its own SDK does it.
 */
export function constrainedSchema(schema: JsonObject): JsonObject | undefined {
  try {
    const { $schema: _, $id: __, ...root } = schema
    return root.type === 'object' && !isRecursive(root) ? constrained(root, 1) : undefined
  } catch (error) {
    if (error instanceof Inexpressible) return undefined
    throw error
  }
}

class Inexpressible extends Error {}

const formats: readonly unknown[] = [
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]
// Left out, these would allow what they are there to forbid in a way that words do not mend.
const inexpressible = [
  'allOf',
  'patternProperties',
  'propertyNames',
  'prefixItems',
  'contains',
  '$dynamicRef',
]

function constrained(schema: unknown, level: number): JsonObject {
  if (!isRecord(schema) || Array.isArray(schema) || level > levelsMax) throw new Inexpressible()
  if (inexpressible.some((keyword) => schema[keyword] !== undefined)) throw new Inexpressible()
  const {
    type,
    properties,
    required,
    additionalProperties,
    items,
    anyOf,
    oneOf,
    $defs,
    definitions,
    ...rest
  } = schema
  const { $ref, title, description, enum: choices, const: only, format, minItems, ...bounds } = rest
  const below = (inner: unknown): JsonObject => constrained(inner, level + 1)
  const alternatives = anyOf ?? oneOf
  if (anyOf !== undefined && oneOf !== undefined) throw new Inexpressible()
  if ([type, $ref, alternatives, choices, only].every((part) => part === undefined)) throw new Inexpressible()
  const isFormatKnown = formats.includes(format)
  const isMinItemsKnown = minItems === 0 || minItems === 1
  const words = wordsOf({
    ...bounds,
    ...(format === undefined || isFormatKnown ? {} : { format }),
    ...(minItems === undefined || isMinItemsKnown ? {} : { minItems }),
  })
  const described = [description, words].filter((part) => part !== undefined).join('\n\n')
  return {
    ...kept({ type, $ref, title, enum: choices, const: only }),
    ...(isFormatKnown ? { format } : {}),
    ...(isMinItemsKnown ? { minItems } : {}),
    ...(described === '' ? {} : { description: described }),
    ...(alternatives === undefined ? {} : { anyOf: listOf(alternatives).map(below) }),
    ...(items === undefined ? {} : { items: below(items) }),
    ...(isObject(type) ? closed({ properties, required, additionalProperties }, below) : {}),
    ...($defs === undefined ? {} : { $defs: mapped($defs, below) }),
    ...(definitions === undefined ? {} : { definitions: mapped(definitions, below) }),
  }
}

function closed(
  { properties = {}, required, additionalProperties }: JsonRecord,
  below: (inner: unknown) => JsonObject,
): JsonObject {
  const names: ReadonlySet<unknown> = new Set(Object.keys(isRecord(properties) ? properties : {}))
  // Closed, an object without named properties could hold nothing.
  const isMap = additionalProperties !== false && names.size === 0
  const isEveryNeededNamed = required === undefined || listOf(required).every((name) => names.has(name))
  if (isMap || isRecord(additionalProperties) || !isEveryNeededNamed) throw new Inexpressible()
  return { properties: mapped(properties, below), ...kept({ required }), additionalProperties: false }
}

function isObject(type: unknown): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object'))
}

function wordsOf(bounds: JsonRecord): string | undefined {
  const told = Object.entries(bounds).filter(([keyword]) => keyword !== '$comment')
  if (told.length === 0) return undefined
  return `{${told.map(([keyword, value]) => `${keyword}: ${JSON.stringify(value)}`).join(', ')}}`
}

function kept(fields: JsonRecord): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function mapped(schemas: unknown, below: (inner: unknown) => JsonObject): JsonObject {
  if (!isRecord(schemas)) throw new Inexpressible()
  return Object.fromEntries(Object.entries(schemas).map(([name, inner]) => [name, below(inner)]))
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Inexpressible()
  return value
}

// The API refuses schemas that refer to themselves: taken for one is any whose definitions lead back to where they began, or to the root.
function isRecursive(root: JsonObject): boolean {
  const ends = new Map<string, boolean>()
  const reaches = (node: unknown): boolean => {
    if (typeof node !== 'object' || node === null) return false
    return Object.entries(node).some(([key, value]) =>
      key === '$ref' && typeof value === 'string' ? leadsBack(value) : reaches(value),
    )
  }
  const leadsBack = (ref: string): boolean => {
    const known = ends.get(ref)
    if (known !== undefined) return known
    const name = /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(ref)?.[1]
    if (name === undefined) return true
    ends.set(ref, true)
    const home = ref.startsWith('#/$defs/') ? root.$defs : root.definitions
    const isBack = reaches(isRecord(home) ? home[name] : undefined)
    ends.set(ref, isBack)
    return isBack
  }
  return reaches(root)
}
