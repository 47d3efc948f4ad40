import { asList, asObject, asText, isObject, type JsonObject, resolved } from './json.ts'
import { html, type Markup } from './markup.ts'
import { boundsOf, membersOf, typeWords } from './schema-words.ts'

/** A row of a table of fields. */
export interface Field {
  /** Where it stands, for example `usage.` or `data[].`; empty at the top. */
  readonly path: string
  readonly name: string
  readonly type: string
  readonly required: boolean
  readonly bounds: readonly Markup[]
  readonly description: string
}

/** One of the objects that a union is made of. */
export interface Variant {
  /** What tells it from the others, for example `type: "start"`; empty where nothing does. */
  readonly label: string
  readonly schema: JsonObject
}

const depthMax = 6

/** Returns the fields of an object schema, each followed by the fields inside it. Ends at a depth of six. */
export function fieldsOf(document: JsonObject, schema: unknown, path = '', depth = 0): readonly Field[] {
  if (depth > depthMax) return []
  const variants = variantsOf(document, schema)
  return variants.flatMap((variant) => {
    const isOneOfMany = variants.length > 1 && variant.label !== ''
    const rows = ofObject(document, variant.schema, path, depth)
    return isOneOfMany ? rows.map((row) => withCondition(row, variant.label)) : rows
  })
}

/** Returns the objects that a schema can be: several for a union, none for text or a number. Lists stand for their items. */
export function variantsOf(document: JsonObject, schema: unknown): readonly Variant[] {
  return membersOf(document, schema)
    .map((member) => (member.type === 'array' ? member.items : member))
    .flatMap((member) => membersOf(document, member))
    .filter((member) => isObject(member.properties) || isObject(member.patternProperties))
    .map((member) => ({ label: labelOf(document, member), schema: member }))
}

function ofObject(document: JsonObject, schema: JsonObject, path: string, depth: number): readonly Field[] {
  const required = asList(schema.required)
  const named = Object.entries(asObject(schema.properties)).flatMap(([name, property]) =>
    row(document, { path, name, schema: property, required: required.includes(name), depth }),
  )
  // A record: its keys are the caller's, so that what can be said is what a value is.
  const open = Object.values(asObject(schema.patternProperties))
    .filter((value) => typeWords(document, value) !== 'any')
    .flatMap((value) => row(document, { path, name: '<key>', schema: value, required: false, depth }))
  return [...named, ...open]
}

interface Place {
  readonly path: string
  readonly name: string
  readonly schema: unknown
  readonly required: boolean
  readonly depth: number
}

function row(document: JsonObject, { path, name, schema, required, depth }: Place): readonly Field[] {
  const type = typeWords(document, schema)
  const inside = `${path}${name}${type.startsWith('array') ? '[]' : ''}.`
  return [
    {
      path,
      name,
      type,
      required,
      bounds: boundsOf(document, schema),
      description: asText(asObject(schema).description) || asText(resolved(document, schema).description),
    },
    ...fieldsOf(document, schema, inside, depth + 1),
  ]
}

function labelOf(document: JsonObject, schema: JsonObject): string {
  const constants = Object.entries(asObject(schema.properties)).flatMap(([name, property]) => {
    const value = resolved(document, property)
    return 'const' in value ? [`${name}: ${JSON.stringify(value.const)}`] : []
  })
  return constants[0] ?? ''
}

function withCondition(field: Field, label: string): Field {
  return { ...field, bounds: [html`with <code>${label}</code>`, ...field.bounds] }
}
