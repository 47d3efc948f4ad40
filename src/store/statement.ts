/** What a column holds and a parameter takes, in every engine. */
export type SqlValue = string | number | null

/** One statement that writes. Parameters are `?`, in order. */
export interface Statement {
  readonly sql: string
  /** True where changing no row means that what it is about is missing: its batch is then refused as a whole. */
  readonly mustChange?: true
}

/** What must be computed inside the writing transaction, where no statement can. Its code runs in the thread that writes. */
export interface Procedure {
  readonly name: string
  readonly parameterCount: number
  /** Called once a connection. */
  open(connection: WritingConnection): OpenProcedure
}

/** A procedure over one connection. A unit is a transaction, or the part of one that is undone alone. */
export interface OpenProcedure {
  /** A unit begins: what was read in an earlier one may not hold any more. */
  begin(): void
  /** Returns how many rows it changed. */
  run(parameters: readonly SqlValue[]): number
  /** All operations of the unit have run. */
  end(): void
}

/** What a procedure may do. */
export interface WritingConnection {
  prepare(sql: string): {
    get(...parameters: SqlValue[]): Row | undefined
    /** Returns how many rows it changed. */
    run(...parameters: SqlValue[]): number
  }
}

/** What a batch can run. */
export type Runnable = Statement | Procedure

/**
 * One step of a batch: what to run in the writing transaction, and its parameters. Everything runnable stands in the registry of
 * `statements.ts` under a number that both threads share.
 */
export type Operation = readonly [runnable: Runnable, ...parameters: SqlValue[]]

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
