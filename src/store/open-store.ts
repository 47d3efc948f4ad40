import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Store } from '../domain/store.ts'
import { auditStore } from './audit.ts'
import { channelStore } from './channels.ts'
import { conversationStore } from './conversations.ts'
import { openForReading, openForWriting } from './dialects/sqlite.ts'
import { openError } from './dialects/sqlite-errors.ts'
import { migrate } from './dialects/sqlite-migrate.ts'
import { createReader } from './dialects/sqlite-reader.ts'
import { openWriter, type SqliteWriter } from './dialects/sqlite-writer.ts'
import { createHealth, type Health } from './health.ts'
import { keyStore } from './idempotency.ts'
import { limitStore } from './limits.ts'
import { loadMigrations } from './migrations.ts'
import { retentionStore } from './retention.ts'
import { summaryStore } from './summaries.ts'
import { tokenStore } from './tokens.ts'
import { turnStore } from './turns.ts'
import { usageStore } from './usage.ts'
import { webhookStore } from './webhooks.ts'

/** Where the store is, and who is told when it is in trouble. */
export interface OpenStore {
  /** The database file; it and its folder are made where they are missing, for this user alone. */
  readonly file: string
  /** Told once of each new trouble, in a sentence for people. Reads and writes go on being tried. */
  readonly onTrouble?: (sentence: string) => void
}

/**
 * Opens the store of one data folder: brings its schema up to date, then starts the thread that writes. Throws `internal_error` with a
 * sentence that names the file where it cannot be opened, read or written, is damaged, or was written by a newer version; a file that
 * is refused is left as it was. An open store keeps the process alive until it is closed.
 */
export async function openStore(options: OpenStore): Promise<Store> {
  const { file, onTrouble = () => undefined } = options
  const health = createHealth(onTrouble)
  try {
    prepareFile(file)
    prepareSchema(file)
    const writer = await openWriter(file, health)
    try {
      return assemble(file, writer, health)
    } catch (error) {
      await writer.stop()
      throw error
    }
  } catch (error) {
    throw openError(error, file)
  }
}

function assemble(file: string, writer: SqliteWriter, health: Health): Store {
  const database = openForReading(file)
  try {
    const reader = createReader(database, health)
    let closing: Promise<void> | undefined
    const { turns, flush } = turnStore(writer)
    const close = async (): Promise<void> => {
      flush()
      await writer.drain()
      // The last connection to close cleans the log up, which is better done by the writer's thread.
      database.close()
      await writer.stop()
    }
    return {
      conversations: conversationStore(reader, writer),
      turns,
      tokens: tokenStore(reader, writer),
      audit: auditStore(reader, writer),
      limits: limitStore(reader, writer),
      webhooks: webhookStore(reader, writer),
      channels: channelStore(reader, writer),
      usage: usageStore(reader, writer),
      keys: keyStore(reader, writer),
      summaries: summaryStore(reader, writer),
      retention: retentionStore(reader, writer),
      health() {
        const sentence = health.sentence()
        const { queued } = writer
        return sentence
          ? { status: 'degraded', engine: 'sqlite', queued, sentence }
          : { status: 'ok', engine: 'sqlite', queued }
      },
      close() {
        closing ??= close()
        return closing
      },
    }
  } catch (error) {
    database.close()
    throw error
  }
}

// SQLite would make the file readable by others; its log gets the same mode from it. A file that stands is not opened here, since
// closing it again would drop the locks that another connection of this process holds on it (https://sqlite.org/howtocorrupt.html).
function prepareFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const mode = statSync(file, { throwIfNoEntry: false })?.mode
  if (mode === undefined) closeSync(openSync(file, 'a', 0o600))
  else if (mode & 0o077) chmodSync(file, 0o600)
}

function prepareSchema(file: string): void {
  const database = openForWriting(file)
  try {
    migrate(database, loadMigrations(join(import.meta.dirname, 'migrations')))
  } finally {
    database.close()
  }
}
