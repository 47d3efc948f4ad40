import type { DatabaseSync } from 'node:sqlite'
import { BatchRefusal, type OpenProcedure, type SqlValue, type WritingConnection } from '../statement.ts'
import { parameterCount, runnables } from '../statements.ts'
import { refusalOf, troubleOf } from './sqlite-errors.ts'

/** A group of batches as one thread sends it to the other: two flat lists, which a structured clone copies fastest. */
export interface Wire {
  /** For each batch how many operations it has, then their numbers in the registry. */
  readonly plan: readonly number[]
  /** The parameters of all operations, one after another. */
  readonly parameters: readonly SqlValue[]
}

/** What became of one batch: how many rows its last operation changed, or why it alone was refused. */
export type Outcome = number | Refused

/** Why one batch was refused while others of its group were kept. `failed` is a fault of ours. */
export interface Refused {
  readonly reason: 'missing' | 'taken' | 'failed'
  /** For the log. */
  readonly cause: string
}

/** Commits the batches of a group as one transaction; those that are refused are left out of it. */
export type CommitGroup = (wire: Wire) => readonly Outcome[]

/** Returns the commit of a connection that writes. Both throw SQLite's own error where the file is in trouble; nothing is kept then. */
export function createCommitGroup(database: DatabaseSync): CommitGroup {
  const connection = writingConnection(database)
  const procedures: OpenProcedure[] = []
  const prepared = runnables.map((runnable): Prepared => {
    const parameters = parameterCount(runnable)
    if ('sql' in runnable) {
      const statement = connection.prepare(runnable.sql)
      const mustChange = runnable.mustChange === true
      return { parameters, mustChange, run: (values) => statement.run(...values) }
    }
    const procedure = runnable.open(connection)
    procedures.push(procedure)
    return { parameters, mustChange: false, run: (values) => procedure.run(values) }
  })
  const unit = createUnit(procedures)
  const transaction = createTransaction(database)
  const alone = createSavepoint(database)
  return (wire) => {
    const batches = decode(wire, prepared)
    try {
      return transaction(() => unit(() => batches.map(run)))
    } catch (error) {
      if (troubleOf(error)) throw error
      // One of them is refused. Savepoints tell which, but cost too much to be used every time.
      return transaction(() => batches.map((batch) => alone(() => unit(() => run(batch)))))
    }
  }
}

/** A statement or a procedure of this connection. */
interface Prepared {
  readonly parameters: number
  readonly mustChange: boolean
  run(parameters: readonly SqlValue[]): number
}

interface Step {
  readonly prepared: Prepared
  readonly parameters: readonly SqlValue[]
}

function decode({ plan, parameters }: Wire, known: readonly Prepared[]): readonly (readonly Step[])[] {
  const batches: Step[][] = []
  let batch: Step[] = []
  let left = 0
  let at = 0
  for (const number of plan) {
    if (left === 0) {
      left = number
      batch = []
      batches.push(batch)
      continue
    }
    const prepared = known[number]
    if (!prepared) throw new Error(`There is no operation ${number}.`)
    batch.push({ prepared, parameters: parameters.slice(at, at + prepared.parameters) })
    at += prepared.parameters
    left -= 1
  }
  return batches
}

function run(batch: readonly Step[]): number {
  let changed = 0
  for (const { prepared, parameters } of batch) {
    changed = prepared.run(parameters)
    if (changed === 0 && prepared.mustChange) throw new BatchRefusal('missing')
  }
  return changed
}

function writingConnection(database: DatabaseSync): WritingConnection {
  return {
    prepare(sql) {
      const statement = database.prepare(sql)
      return {
        get: (...parameters) => statement.get(...parameters),
        run: (...parameters) => Number(statement.run(...parameters).changes),
      }
    },
  }
}

function createUnit(procedures: readonly OpenProcedure[]): <T>(work: () => T) => T {
  return (work) => {
    for (const procedure of procedures) procedure.begin()
    const result = work()
    for (const procedure of procedures) procedure.end()
    return result
  }
}

function createTransaction(database: DatabaseSync): <T>(work: () => T) => T {
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  return (work) => {
    begin.run()
    try {
      const result = work()
      commit.run()
      return result
    } catch (error) {
      // SQLite has rolled back by itself after some errors of the disk.
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }
}

function createSavepoint(database: DatabaseSync): (work: () => number) => Outcome {
  const save = database.prepare('SAVEPOINT batch')
  const release = database.prepare('RELEASE batch')
  const undo = database.prepare('ROLLBACK TO batch')
  return (work) => {
    save.run()
    try {
      const changed = work()
      release.run()
      return changed
    } catch (error) {
      if (troubleOf(error)) throw error
      undo.run()
      release.run()
      return refused(error)
    }
  }
}

function refused(error: unknown): Refused {
  const reason = error instanceof BatchRefusal ? error.reason : (refusalOf(error) ?? 'failed')
  return { reason, cause: String(error) }
}
