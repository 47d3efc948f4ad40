import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../domain/errors.ts'
import { openForReading } from './dialects/sqlite.ts'

// What stands beside the database and cannot be made again: keys, and the signatures of the audit.
const companions = ['audit-key.pem', 'audit-checkpoints.jsonl', 'session.key'] as const

/** What a backup is of. */
export interface BackupPaths {
  readonly stateDir: string
  readonly databaseFile: string
}

/**
 * Copies the data of a gateway, which may run, into a new folder that this user alone can read: one state of the database, checked page
 * by page, and the keys beside it. Resolves to the names of what was copied. Throws `conflict` where the folder holds something,
 * `not_found` where there is no data yet, and `internal_error` where the copy is not whole. `onProgress` is told pages.
 */
export async function backupStore(
  { stateDir, databaseFile }: BackupPaths,
  folder: string,
  onProgress: (done: number, total: number) => void,
): Promise<readonly string[]> {
  if (!existsSync(databaseFile)) {
    throw new GatewayError('not_found', `There is no data in ${stateDir} yet.`)
  }
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new GatewayError('conflict', `${folder} is not empty: name a new folder.`)
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  const target = join(folder, basename(databaseFile))
  closeSync(openSync(target, 'wx', 0o600))
  const source = openForReading(databaseFile)
  try {
    await backup(source, target, {
      progress: ({ totalPages, remainingPages }) => onProgress(totalPages - remainingPages, totalPages),
    })
  } finally {
    source.close()
  }
  checkCopy(target)
  const copied: string[] = companions.filter((name) => existsSync(join(stateDir, name)))
  for (const name of copied) {
    copyFileSync(join(stateDir, name), join(folder, name), constants.COPYFILE_EXCL)
    chmodSync(join(folder, name), 0o600)
  }
  return [basename(databaseFile), ...copied]
}

/**
 * Puts a backup in the place of the data of a gateway that does not run; what was there is moved into a folder beside it. Returns that
 * folder, or undefined where nothing was there. Throws `not_found` where the folder holds no backup, `internal_error` where it is damaged.
 */
export function restoreStore(
  { stateDir, databaseFile }: BackupPaths,
  folder: string,
  now: number,
): string | undefined {
  const name = basename(databaseFile)
  const source = join(folder, name)
  if (!existsSync(source)) throw new GatewayError('not_found', `There is no ${name} in ${folder}.`)
  checkCopy(source)
  const aside = join(stateDir, `before-restore-${new Date(now).toISOString().replaceAll(':', '-')}`)
  const old = [name, `${name}-wal`, `${name}-shm`, ...companions].filter((each) =>
    existsSync(join(dirname(databaseFile), each)),
  )
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  if (old.length > 0) mkdirSync(aside, { mode: 0o700 })
  for (const each of old) renameSync(join(stateDir, each), join(aside, each))
  for (const each of [name, ...companions].filter((one) => existsSync(join(folder, one)))) {
    copyFileSync(join(folder, each), join(stateDir, each), constants.COPYFILE_EXCL)
    chmodSync(join(stateDir, each), 0o600)
  }
  return old.length > 0 ? aside : undefined
}

// A check opens the copy alone, and leaves no files of SQLite's own beside it.
function checkCopy(file: string): void {
  let found: unknown
  try {
    const database = new DatabaseSync(file)
    try {
      found = Object.values(database.prepare('PRAGMA integrity_check(1)').get() ?? {})[0]
    } finally {
      database.close()
    }
  } catch (error) {
    found = error
  }
  rmSync(`${file}-wal`, { force: true })
  rmSync(`${file}-shm`, { force: true })
  if (found !== 'ok') throw new GatewayError('internal_error', `${file} is not whole.`, { cause: found })
}
