import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

// How long a write waits for another process that writes.
const busyTimeoutMs = 5_000

// A read runs on the event loop, and waits only for another process that opens or closes the file.
const readBusyTimeoutMs = 100

/**
 * Opens a connection that writes durably: a commit returns when the disk has it. The file must exist. Throws SQLite's own error.
 */
export function openForWriting(file: string): DatabaseSync {
  const database = open(file, 'rw', busyTimeoutMs)
  try {
    const [mode] = Object.values(database.prepare('PRAGMA journal_mode').get() ?? {})
    if (mode !== 'wal') database.exec('PRAGMA journal_mode = WAL')
    // The log checkpoints every 4,000 pages (16 MB) and is cut down to 64 MB after a burst.
    database.exec(
      'PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864',
    )
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Opens a connection that cannot write. The file must exist. Throws SQLite's own error. */
export function openForReading(file: string): DatabaseSync {
  return open(file, 'ro', readBusyTimeoutMs)
}

/** Opens a file that serves as a lock only, without waiting; it is made where it is missing. Throws SQLite's own error. */
export function openForLocking(file: string): DatabaseSync {
  return open(file, 'rwc', 0)
}

// Without `c` in the mode a file that was moved away is an error, not a new and empty database.
function open(file: string, mode: 'ro' | 'rw' | 'rwc', timeout: number): DatabaseSync {
  const url = pathToFileURL(file)
  url.searchParams.set('mode', mode)
  return new DatabaseSync(url, { readOnly: mode === 'ro', timeout, enableForeignKeyConstraints: true })
}
