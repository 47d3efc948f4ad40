import type { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { openForWriting } from './sqlite.ts'
import { type CommitGroup, createCommitGroup, type Outcome, type Wire } from './sqlite-commit.ts'
import { type Trouble, troubleOf } from './sqlite-errors.ts'

/** What the writer's thread is asked: to commit a group, or to close the file and end. */
export type Request = Wire | 'close'

/** What it answers to each group, and once when it has started: an outcome a batch, or the trouble for which none was kept. */
export type Answer = { readonly outcomes: readonly Outcome[] } | { readonly trouble: Trouble }

// The entry of the writer's thread, which owns the one connection of this process that writes.
const port = parentPort
if (!port) throw new Error('This module runs in a worker thread only.')
const file = String(workerData)
let connection: { readonly database: DatabaseSync; readonly commit: CommitGroup } | undefined

port.on('message', (request: Request) => {
  if (request === 'close') {
    connection?.database.close()
    port.close()
    return
  }
  port.postMessage(answer(request))
})
port.postMessage(answer({ plan: [], parameters: [] }))

function answer(wire: Wire): Answer {
  try {
    connection ??= connect()
    return { outcomes: connection.commit(wire) }
  } catch (error) {
    const trouble = troubleOf(error)
    if (!trouble) throw error
    if (trouble.kind !== 'busy' && trouble.kind !== 'full') disconnect()
    return { trouble }
  }
}

function connect(): NonNullable<typeof connection> {
  const database = openForWriting(file)
  try {
    return { database, commit: createCommitGroup(database) }
  } catch (error) {
    database.close()
    throw error
  }
}

// A connection that has seen its disk fail is not used again: the next group opens a new one.
function disconnect(): void {
  const { database } = connection ?? {}
  connection = undefined
  database?.close()
}
