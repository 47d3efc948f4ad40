import { readFileSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../domain/errors.ts'
import type { Token } from '../domain/tokens/token.ts'
import { openForLocking, openForReading } from './dialects/sqlite.ts'
import { openError, troubleOf } from './dialects/sqlite-errors.ts'
import { createReader } from './dialects/sqlite-reader.ts'
import { createHealth } from './health.ts'
import type { Writer } from './statement.ts'
import { tokenStore } from './tokens.ts'

/** What a database looks like from outside. */
export interface StoreInspection {
  /** What is wrong with it, in a sentence that names the file; undefined where it is well. */
  readonly trouble: string | undefined
  /** When its newest row was written, in milliseconds since the epoch; null where there is none. */
  readonly newestAt: number | null
  readonly tokens: readonly Token[]
  readonly deniedHashes: readonly string[]
}

/**
 * Checks a database without writing to it, beside a gateway that may run: every page, the newest row, the tokens. Returns undefined where
 * there is no file yet. Never rejects: what is wrong stands in `trouble`. Reads all of it, so it takes seconds a gigabyte.
 */
export async function inspectStore(file: string): Promise<StoreInspection | undefined> {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return undefined
  let database: DatabaseSync | undefined
  try {
    database = openForReading(file)
    const [found] = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})
    const tokens = tokenStore(
      createReader(
        database,
        createHealth(() => undefined),
      ),
      nobody,
    )
    return {
      trouble: found === 'ok' ? undefined : damaged(file),
      newestAt: newestRow(database),
      ...(await tokens.load()),
    }
  } catch (error) {
    const known =
      troubleOf(error) || error instanceof GatewayError ? openError(error, file).message : undefined
    const trouble =
      known ?? `The database cannot be understood: another version may have written it. The file is ${file}.`
    return { trouble, newestAt: null, tokens: [], deniedHashes: [] }
  } finally {
    database?.close()
  }
}

/** Returns the process that runs as the gateway of a data folder, by its lock file, or undefined where none does. */
export function runningGateway(lockFile: string): number | undefined {
  const pid = readPid(`${lockFile}.pid`)
  if (pid === undefined || !isAlive(pid)) return undefined
  // The number may have gone to another process since. While a gateway lives nobody else gets at the lock file.
  let database: DatabaseSync | undefined
  try {
    database = openForLocking(lockFile)
    database.prepare('SELECT 1 FROM sqlite_master').get()
    return undefined
  } catch (error) {
    return troubleOf(error)?.kind === 'busy' ? pid : undefined
  } finally {
    database?.close()
  }
}

const nobody: Writer = {
  write: () => Promise.reject(new GatewayError('internal_error', 'This connection does not write.')),
}

function newestRow(database: DatabaseSync): number | null {
  const { newest } =
    database
      .prepare(
        `SELECT MAX(at) AS newest FROM (SELECT MAX(updated_at) AS at FROM conversations
          UNION ALL SELECT MAX(created_at) FROM messages UNION ALL SELECT MAX(created_at) FROM token_secrets)`,
      )
      .get() ?? {}
  return typeof newest === 'number' ? newest : null
}

function damaged(file: string): string {
  return `The database is damaged: stop the gateway and restore the file from a backup. The file is ${file}.`
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It is there and belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
