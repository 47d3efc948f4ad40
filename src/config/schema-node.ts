import type { KindName } from './kinds.ts'

/**
 * A schema as the reader and the reference page walk it: the part of JSON Schema that the config uses, and a few keywords of its own.
 */
export interface SchemaNode {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[] | undefined
  /** One entry, whatever its pattern: the schema of a record's values. */
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly pattern?: string
  /** What stands after "expected" where the keywords above do not say it. */
  readonly expected?: string
  /** A kind of text that is checked and brought into its final form. */
  readonly kind?: KindName
  /** For people: `milliseconds`, `requests`, … */
  readonly unit?: string
  /** True where the value is never shown. */
  readonly secret?: boolean
  /** True where a list may be written as its only item. */
  readonly orSingle?: boolean
  /** True where a text may be written as a whole number. */
  readonly orNumber?: boolean
  /** What a record's keys look like. */
  readonly keys?: { readonly pattern: string; readonly expected: string }
  /** Values that a record's entries of these names have without being written. */
  readonly presets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** Returns the schema of a record's values, or undefined where the schema is no record. */
export function recordValues(schema: SchemaNode): SchemaNode | undefined {
  return schema.patternProperties === undefined ? undefined : Object.values(schema.patternProperties)[0]
}
