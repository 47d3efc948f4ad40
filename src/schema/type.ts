import type TypeBox from 'typebox'

/** What we use of TypeBox, with its own types. */
type Builder = Pick<
  typeof TypeBox,
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Literal'
  | 'Null'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'Record'
  | 'String'
  | 'Union'
  | 'Unknown'
>

type Schema = Readonly<Record<string, unknown>>

const optional = new WeakSet<Schema>()
const anyKey = '^.*$'

/**
 * Builds the JSON Schemas from which types, validation, serialisation and documentation come. The types are TypeBox's; the few builders
 * that we use are written here again, since to import TypeBox itself costs every start 20 MB and a tenth of a second.
 */
export const Type: Builder = asBuilder({
  Array: (items: Schema, options?: Schema) => ({ type: 'array', items, ...options }),
  Boolean: (options?: Schema) => ({ type: 'boolean', ...options }),
  Enum: (values: readonly unknown[], options?: Schema) => ({ enum: values, ...options }),
  Integer: (options?: Schema) => ({ type: 'integer', ...options }),
  Literal: (value: unknown, options?: Schema) => ({ type: typeof value, const: value, ...options }),
  Null: (options?: Schema) => ({ type: 'null', ...options }),
  Number: (options?: Schema) => ({ type: 'number', ...options }),
  Object: (properties: Readonly<Record<string, Schema>>, options?: Schema) => {
    const required = Object.keys(properties).filter((name) => !optional.has(properties[name] ?? {}))
    return { type: 'object', ...(required.length > 0 ? { required } : {}), properties, ...options }
  },
  Optional: (schema: Schema) => {
    const copy = { ...schema }
    optional.add(copy)
    return copy
  },
  // Keys are plain strings everywhere here: a record of patterns would need TypeBox.
  Record: (_keys: Schema, values: Schema, options?: Schema) => ({
    type: 'object',
    patternProperties: { [anyKey]: values },
    ...options,
  }),
  String: (options?: Schema) => ({ type: 'string', ...options }),
  Union: (anyOf: readonly Schema[], options?: Schema) => ({ anyOf, ...options }),
  Unknown: (options?: Schema) => ({ ...options }),
})

/**
 * The proven cast to TypeBox's types. Proof: `type.test.ts` builds every kind of schema with each of the two and compares what they
 * make, and nothing that reads our schemas asks for more than JSON Schema.
 */
function asBuilder(builders: Readonly<Record<keyof Builder, unknown>>): Builder {
  return builders as Builder
}
