import type { JsonObject } from '../models/provider.ts'

/**
 * Says in the validator's words what is wrong with a value, which comes as its JSON, at most five things; nothing where it validates.
 * Bounded in time. Rejects as `compile` does.
 */
export type SchemaCheck = (json: string) => Promise<readonly string[]>

/** What became of a schema: a check, or the reason why it is none, as the end of a sentence about it. */
export type SchemaVerdict = { readonly check: SchemaCheck } | { readonly problem: string }

/** For whom a schema is compiled. */
export interface SchemaCaller {
  /** What one caller asks for waits behind its own, not before that of others. */
  readonly name: string
  /** Whoever is gone waits no longer. */
  readonly signal: AbortSignal
}

/** Makes checks of JSON Schemas. What it made is kept, within bounds. */
export interface SchemaCompiler {
  /**
   * Takes JSON Schema draft 2020-12, and draft-07 where `$schema` says so. Fetches nothing. Rejects with `overloaded` where too many wait,
   * with `shutting_down` once it is closed, and with the signal's reason.
   */
  compile(schema: JsonObject, caller: SchemaCaller): Promise<SchemaVerdict>
}
