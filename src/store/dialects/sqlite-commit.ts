import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { BatchRefusal, type SqlValue } from '../statement.ts'
import { parameterCount, statements } from '../statements.ts'
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
  const runnables = statements.map((statement) => ({
    prepared: database.prepare(statement.sql),
    parameters: parameterCount(statement),
    mustChange: statement.mustChange === true,
  }))
  const transaction = createTransaction(database)
  const alone = createSavepoint(database)
  return (wire) => {
    const batches = decode(wire, runnables)
    try {
      return transaction(() => batches.map(run))
    } catch (error) {
      if (troubleOf(error)) throw error
      // One of them is refused. Savepoints tell which, but cost too much to be used every time.
      return transaction(() => batches.map((batch) => alone(() => run(batch))))
    }
  }
}

interface Runnable {
  readonly prepared: StatementSync
  readonly parameters: number
  readonly mustChange: boolean
}

interface Step {
  readonly runnable: Runnable
  readonly parameters: readonly SqlValue[]
}

function decode({ plan, parameters }: Wire, runnables: readonly Runnable[]): readonly (readonly Step[])[] {
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
    const runnable = runnables[number]
    if (!runnable) throw new Error(`There is no operation ${number}.`)
    batch.push({ runnable, parameters: parameters.slice(at, at + runnable.parameters) })
    at += runnable.parameters
    left -= 1
  }
  return batches
}

function run(batch: readonly Step[]): number {
  let changed = 0
  for (const { runnable, parameters } of batch) {
    changed = Number(runnable.prepared.run(...parameters).changes)
    if (changed === 0 && runnable.mustChange) throw new BatchRefusal('missing')
  }
  return changed
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
