import fc, { type Arbitrary } from 'fast-check'
import { at, entriesAt } from '../../support/json.ts'

/** The keywords that the gateway's OpenAPI document uses; anything else stops the test, so that no schema is passed over unseen. */
const known = new Set(
  'type properties required additionalProperties patternProperties propertyNames maxProperties minLength maxLength pattern minimum maximum items minItems maxItems anyOf enum const format default description examples'.split(
    ' ',
  ),
)

const textMax = 200

/** Makes values that a JSON Schema allows. Long texts are rare, for the sake of speed. */
export function valuesOf(schema: unknown): Arbitrary<unknown> {
  for (const [keyword] of entriesAt(schema)) {
    if (!known.has(keyword)) throw new Error(`the generator does not know the keyword ${keyword}`)
  }
  const choices = at(schema, 'anyOf') ?? at(schema, 'enum')
  if (Array.isArray(choices)) {
    const isSchema = at(schema, 'anyOf') !== undefined
    return fc.oneof(...choices.map((choice: unknown) => (isSchema ? valuesOf(choice) : fc.constant(choice))))
  }
  const only = at(schema, 'const')
  if (only !== undefined) return fc.constant(only)
  switch (at(schema, 'type')) {
    case 'string':
      return textOf(schema)
    case 'integer':
      return integerOf(schema)
    case 'number':
      return fc.double({
        min: numberOr(schema, 'minimum', -1e9),
        max: numberOr(schema, 'maximum', 1e9),
        noNaN: true,
      })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(valuesOf(at(schema, 'items') ?? {}), {
        minLength: numberOr(schema, 'minItems', 0),
        maxLength: Math.min(5, numberOr(schema, 'maxItems', 5)),
      })
    case 'object':
      return objectOf(schema)
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

function objectOf(schema: unknown): Arbitrary<unknown> {
  const properties = at(schema, 'properties')
  if (properties === undefined) {
    const values = at(schema, 'additionalProperties')
    return fc.dictionary(
      fc.string({ minLength: 1, maxLength: 64 }),
      typeof values === 'object' ? valuesOf(values) : fc.jsonValue({ maxDepth: 2 }),
      { maxKeys: Math.min(16, numberOr(schema, 'maxProperties', 5)) },
    )
  }
  const required = at(schema, 'required')
  return fc.record(
    Object.fromEntries(entriesAt(properties).map(([name, property]) => [name, valuesOf(property)])),
    { requiredKeys: Array.isArray(required) ? required : [] },
  )
}

function textOf(schema: unknown): Arbitrary<string> {
  const pattern = at(schema, 'pattern')
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern))
  if (at(schema, 'format') === 'date-time')
    return fc.date({ noInvalidDate: true }).map((date) => date.toISOString())
  const minLength = numberOr(schema, 'minLength', 0)
  const maxLength = numberOr(schema, 'maxLength', textMax)
  const units = fc.constantFrom('grapheme', 'binary', 'binary-ascii')
  const short = units.chain((unit) => fc.string({ unit, minLength, maxLength: Math.min(maxLength, textMax) }))
  const longest = fc
    .constantFrom('a', 'é', '💬')
    .map((letter) => [...letter.repeat(maxLength)].slice(0, maxLength).join(''))
  // JSON Schema counts characters, and 'grapheme' may hold several.
  const fits = (text: string): boolean => [...text].length <= maxLength
  return fc.oneof(
    { arbitrary: short.filter(fits), weight: 200 },
    { arbitrary: longest.filter(fits), weight: 1 },
  )
}

function integerOf(schema: unknown): Arbitrary<number> {
  const min = numberOr(schema, 'minimum', -1e9)
  const max = numberOr(schema, 'maximum', 1e9)
  return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max))
}

function numberOr(schema: unknown, keyword: string, otherwise: number): number {
  const value = at(schema, keyword)
  return typeof value === 'number' ? value : otherwise
}
