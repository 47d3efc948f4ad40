/** What a column holds and a parameter takes, in every engine. */
export type SqlValue = string | number | null

/** One statement that writes. Parameters are `?`, in order. */
export interface Statement {
  readonly sql: string
  /** True where changing no row means that what it is about is missing: its batch is then refused as a whole. */
  readonly mustChange?: true
}

/**
 * One step of a batch: what to run in the writing transaction, and its parameters. Everything runnable stands in the registry of
 * `statements.ts` under a number that both threads share.
 */
export type Operation = readonly [statement: Statement, ...parameters: SqlValue[]]

/** Writes batches. */
export interface Writer {
  /**
   * Commits the operations as one and resolves to the number of rows that the last one changed, when it is durable. Rejects with
   * `BatchRefusal` where the data forbids it, else with `GatewayError`: `overloaded`, `shutting_down`, `internal_error`.
   */
  write(operations: readonly Operation[]): Promise<number>
}

/** A statement that reads. */
export interface Query {
  get(...parameters: SqlValue[]): Row | undefined
  all(...parameters: SqlValue[]): readonly Row[]
}

/** One row as the engine gives it, by column. */
export type Row = Readonly<Record<string, unknown>>

/** Reads what is committed. Throws `GatewayError` `internal_error` where the file cannot be read. */
export interface Reader {
  /** To be called once a statement, when the store is opened. */
  prepare(sql: string): Query
  /** Runs several queries on one and the same state of the data. */
  snapshot<T>(read: () => T): T
}

/** Why a batch was refused: a row that it names is `missing`, or an id or name that must be unique is `taken`. */
export class BatchRefusal extends Error {
  readonly reason: 'missing' | 'taken'

  constructor(reason: 'missing' | 'taken', cause?: unknown) {
    super(`The batch was refused: ${reason}.`, { cause })
    this.name = 'BatchRefusal'
    this.reason = reason
  }
}
