import type { JsonObject } from '../../domain/models/provider.ts'
import { isRecord } from '../record.ts'

const levelsMax = 10
const propertiesMax = 5000
const choicesMax = 1000

/**
 * Tells whether OpenAI's strict mode takes a schema, by its guide on structured outputs as of 2026-11-22: every object is closed, all of
 * its properties are required, and none but these keywords are used. Azure and compatible servers take a little less; their refusal is
 * understood.
 */
export function allowsStrict(schema: JsonObject): boolean {
  const counted = { properties: 0, choices: 0 }
  const { $schema: _, $id: __, ...root } = schema
  return root.type === 'object' && root.anyOf === undefined && isStrict(root, 1, counted)
}

const annotations = ['title', 'description']
const keywords: ReadonlySet<string> = new Set([
  ...annotations,
  ...['type', 'properties', 'required', 'additionalProperties', 'items', 'enum', 'const', 'anyOf', '$ref'],
  ...['$defs', 'definitions', 'pattern', 'format', 'minItems', 'maxItems'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
])
const formats: readonly unknown[] = [
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
]

interface Counted {
  properties: number
  choices: number
}

function isStrict(schema: unknown, level: number, counted: Counted): boolean {
  if (!isRecord(schema) || Array.isArray(schema) || level > levelsMax) return false
  if (Object.keys(schema).some((keyword) => !keywords.has(keyword))) return false
  const { type, anyOf, items, $ref, pattern, format, enum: choices, const: only } = schema
  if (
    type === undefined &&
    anyOf === undefined &&
    $ref === undefined &&
    choices === undefined &&
    only === undefined
  )
    return false
  // A reference stands alone.
  if ($ref !== undefined && Object.keys(schema).some((key) => key !== '$ref' && !annotations.includes(key)))
    return false
  if (typeof pattern === 'string' && pattern.includes('(?')) return false
  if (format !== undefined && !formats.includes(format)) return false
  if (Array.isArray(choices)) counted.choices += choices.length
  if (counted.choices > choicesMax) return false
  const below = (inner: unknown): boolean => isStrict(inner, level + 1, counted)
  if (anyOf !== undefined && !(Array.isArray(anyOf) && anyOf.every(below))) return false
  if (items !== undefined && !below(items)) return false
  if (isOf(type, 'array') && items === undefined) return false
  return (
    isClosed(schema, counted, below) && definitionsOf(schema).every((inner) => isStrict(inner, 1, counted))
  )
}

function isClosed(
  { type, properties, required, additionalProperties }: JsonObject,
  counted: Counted,
  below: (inner: unknown) => boolean,
): boolean {
  if (!isOf(type, 'object')) return properties === undefined
  const names = Object.keys(isRecord(properties) ? properties : {})
  counted.properties += names.length
  if (counted.properties > propertiesMax || additionalProperties !== false || !isRecord(properties))
    return false
  const needed: ReadonlySet<unknown> = new Set(Array.isArray(required) ? required : [])
  return names.every((name) => needed.has(name)) && Object.values(properties).every(below)
}

function definitionsOf({ $defs, definitions }: JsonObject): readonly unknown[] {
  return [$defs, definitions].flatMap((some) => (isRecord(some) ? Object.values(some) : []))
}

function isOf(type: unknown, name: string): boolean {
  return type === name || (Array.isArray(type) && type.includes(name))
}
