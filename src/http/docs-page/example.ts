import { asList, asObject, type JsonObject, resolved } from './json.ts'
import { membersOf } from './schema-words.ts'

const depthMax = 8
const textFiller = 'Hello'

/**
 * Makes a value that a schema takes: its own example or default where it has one, else the required members alone, each the same
 * way. `filler` stands for text without an example; a pattern without an example is not met.
 */
export function exampleOf(document: JsonObject, schema: unknown, filler = textFiller, depth = 0): unknown {
  const whole = resolved(document, schema)
  const [given] = [...asList(whole.examples), ...('default' in whole ? [whole.default] : [])]
  if (given !== undefined) return given
  const member = asObject(membersOf(document, whole)[0])
  if (member !== whole && depth < depthMax) return exampleOf(document, member, filler, depth + 1)
  if ('const' in whole) return whole.const
  if (Array.isArray(whole.enum)) return whole.enum[0]
  const type = Array.isArray(whole.type) ? whole.type[0] : whole.type
  switch (type) {
    case 'object':
      return exampleObject(document, whole, filler, depth)
    case 'array':
      return exampleItems(document, whole, filler, depth)
    case 'string':
      return exampleText(whole, filler)
    case 'integer':
    case 'number':
      return typeof whole.minimum === 'number' ? whole.minimum : 1
    case 'boolean':
      return true
    default:
      return null
  }
}

function exampleObject(document: JsonObject, schema: JsonObject, filler: string, depth: number): object {
  if (depth > depthMax) return {}
  const properties = asObject(schema.properties)
  const names = asList(schema.required).filter((name) => typeof name === 'string')
  return Object.fromEntries(
    names.map((name) => [name, exampleOf(document, properties[name], filler, depth + 1)]),
  )
}

function exampleItems(
  document: JsonObject,
  schema: JsonObject,
  filler: string,
  depth: number,
): readonly unknown[] {
  const count = typeof schema.minItems === 'number' ? Math.min(schema.minItems, 3) : 0
  if (depth > depthMax) return []
  return Array.from({ length: count }, () => exampleOf(document, schema.items, filler, depth + 1))
}

function exampleText(schema: JsonObject, filler: string): string {
  if (schema.format === 'date-time') return '2026-04-09T10:30:00.000Z'
  const longest = typeof schema.maxLength === 'number' ? schema.maxLength : filler.length
  return filler.slice(0, longest)
}
