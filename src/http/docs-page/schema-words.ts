import { asList, asObject, isObject, type JsonObject, resolved } from './json.ts'
import { html, type Markup } from './markup.ts'

const plurals: Readonly<Record<string, string>> = { any: 'anything' }

/** Returns the members of a union, the unions in it laid flat; a schema that is none is its own only member. */
export function membersOf(document: JsonObject, schema: unknown, depth = 0): readonly JsonObject[] {
  const whole = resolved(document, schema)
  const members = asList(whole.anyOf ?? whole.oneOf)
  if (members.length === 0 || depth > 4) return [whole]
  return members.flatMap((member) => membersOf(document, member, depth + 1))
}

/** Tells in words which type a schema takes, for example `string or null`, `array of objects`. */
export function typeWords(document: JsonObject, schema: unknown, depth = 0): string {
  const words = membersOf(document, schema).map((member) => singleType(document, member, depth))
  return [...new Set(words)].join(' or ')
}

/** Tells in words what a schema bounds a value to: lengths, ranges, the values to choose from, the default. */
export function boundsOf(document: JsonObject, schema: unknown): readonly Markup[] {
  const members = membersOf(document, schema)
  const values = members.flatMap((member) => ('const' in member ? [member.const] : asList(member.enum)))
  const whole = asObject(schema)
  return [
    ...(values.length > 0 ? [choice(values, members.length === 1 && 'const' in asObject(members[0]))] : []),
    ...members.flatMap((member) => boundsOfMember(document, member)),
    ...('default' in whole ? [html`default <code>${JSON.stringify(whole.default)}</code>`] : []),
  ]
}

function singleType(document: JsonObject, schema: JsonObject, depth: number): string {
  if ('const' in schema) return typeOfValue(schema.const)
  if (Array.isArray(schema.enum)) return [...new Set(schema.enum.map(typeOfValue))].join(' or ')
  if (Array.isArray(schema.type)) return schema.type.map(String).join(' or ')
  if (schema.type === 'array') {
    const items = depth > 4 ? 'any' : typeWords(document, schema.items, depth + 1)
    return `array of ${items.split(' or ').map(plural).join(' or ')}`
  }
  if (typeof schema.type === 'string') return schema.type
  return isObject(schema.properties) ? 'object' : 'any'
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function plural(word: string): string {
  return plurals[word] ?? `${word}s`
}

function choice(values: readonly unknown[], isOnly: boolean): Markup {
  const codes = values.map((value) => html`<code>${JSON.stringify(value)}</code>`)
  const list = codes.map((code, index) => html`${index === 0 ? '' : ', '}${code}`)
  return isOnly ? html`only ${list}` : html`one of ${list}`
}

function boundsOfMember(document: JsonObject, schema: JsonObject): readonly Markup[] {
  const { format, pattern, items } = schema
  const each = schema.type === 'array' && items !== undefined ? boundsOf(document, items) : []
  return [
    ...between(schema.minLength, schema.maxLength, 'character'),
    ...between(schema.minItems, schema.maxItems, 'item'),
    ...between(schema.minProperties, schema.maxProperties, 'member'),
    ...between(schema.minimum, schema.maximum, ''),
    ...numberBound('more than', schema.exclusiveMinimum),
    ...numberBound('less than', schema.exclusiveMaximum),
    ...numberBound('a multiple of', schema.multipleOf),
    ...(typeof format === 'string' ? [html`${format === 'date-time' ? 'ISO 8601, UTC' : format}`] : []),
    ...(typeof pattern === 'string' ? [html`matches <code>${pattern}</code>`] : []),
    ...each.map((bound) => html`each ${bound}`),
  ]
}

function between(low: unknown, high: unknown, unit: string): readonly Markup[] {
  const isFrom = typeof low === 'number'
  const isTo = typeof high === 'number'
  if (isFrom && isTo && low === high) return [html`exactly ${withUnit(low, unit)}`]
  if (isFrom && isTo) return [html`${grouped(low)} to ${withUnit(high, unit)}`]
  if (isTo) return [html`at most ${withUnit(high, unit)}`]
  return isFrom ? [html`at least ${withUnit(low, unit)}`] : []
}

function numberBound(words: string, value: unknown): readonly Markup[] {
  return typeof value === 'number' ? [html`${words} ${grouped(value)}`] : []
}

function withUnit(count: number, unit: string): string {
  if (unit === '') return grouped(count)
  return `${grouped(count)} ${unit}${count === 1 ? '' : 's'}`
}

function grouped(value: number): string {
  return value.toLocaleString('en-US')
}
