import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../domain/errors.ts'
import { openForLocking } from './dialects/sqlite.ts'
import { openError, troubleOf } from './dialects/sqlite-errors.ts'

/** A lock that this process holds. */
export interface GatewayLock {
  /** Gives the lock back. Idempotent. */
  release(): void
}

// A connection that nobody refers to is closed by the garbage collector, and its lock with it.
const heldByThisProcess = new Set<DatabaseSync>()

/**
 * Makes this process the one gateway of a data folder. The operating system gives the lock back when the process ends, however it
 * ends, so that no stale one can stand in the way. Throws `conflict` where another process, or another part of this one, holds it, and
 * `internal_error` with the file's name where it cannot be made.
 */
export function acquireGatewayLock(file: string): GatewayLock {
  // SQLite's own locks, since Node has none. Nobody else may open this file: POSIX drops a process's locks when it closes any
  // descriptor of the file. So the process id stands in a file beside it.
  const pidFile = `${file}.pid`
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    database = openForLocking(file)
    // Who can read a file can lock it, and keep every gateway from starting.
    chmodSync(file, 0o600)
    database.exec('BEGIN EXCLUSIVE')
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 })
    return hold(database, pidFile)
  } catch (error) {
    database?.close()
    if (troubleOf(error)?.kind !== 'busy') throw openError(error, file)
    const sentence = `Another gateway${holder(pidFile)} runs on this data folder: stop that one, or give this one another folder. It holds ${file}.`
    throw new GatewayError('conflict', sentence, { cause: error })
  }
}

function hold(database: DatabaseSync, pidFile: string): GatewayLock {
  heldByThisProcess.add(database)
  return {
    release() {
      if (!heldByThisProcess.delete(database)) return
      rmSync(pidFile, { force: true })
      database.close()
    },
  }
}

function holder(pidFile: string): string {
  try {
    return ` (process ${Number.parseInt(readFileSync(pidFile, 'utf8'), 10)})`
  } catch (error) {
    // It may not have written its id yet.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
