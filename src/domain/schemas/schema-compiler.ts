import type { JsonObject } from '../models/provider.ts'

/** Says in the validator's words what is wrong with a value, at most five things; nothing where it validates. Bounded in time. */
export type SchemaCheck = (value: unknown) => readonly string[]

/** What became of a schema: a check, or the reason why it is none, as the end of a sentence about it. */
export type SchemaVerdict = { readonly check: SchemaCheck } | { readonly problem: string }

/** Makes checks of JSON Schemas. What it made is kept, within bounds. */
export interface SchemaCompiler {
  /** Takes JSON Schema draft 2020-12, and draft-07 where `$schema` says so. Fetches nothing. Never throws. */
  compile(schema: JsonObject): SchemaVerdict
}
