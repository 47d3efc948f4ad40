import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../../domain/errors.ts'
import { type AppliedMigration, type Migration, pendingMigrations } from '../migrations.ts'
import { integer, text } from '../row.ts'
import { troubleOf } from './sqlite-errors.ts'

/**
 * Brings a database's schema up to `known`, each migration in a transaction of its own; another process may do the same at once.
 * Throws as `pendingMigrations` does, `internal_error` where one cannot be applied, or SQLite's own error.
 */
export function migrate(database: DatabaseSync, known: readonly Migration[]): void {
  if (pendingMigrations(known, applied(database)).length === 0) return
  while (applyNext(database, known));
}

function applyNext(database: DatabaseSync, known: readonly Migration[]): boolean {
  database.exec('BEGIN IMMEDIATE')
  try {
    database.exec(
      'CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL)',
    )
    const [next] = pendingMigrations(known, applied(database))
    if (next) apply(database, next)
    database.exec('COMMIT')
    return next !== undefined
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function apply(database: DatabaseSync, { version, name, checksum, sql }: Migration): void {
  try {
    database.exec(sql)
  } catch (error) {
    if (troubleOf(error)) throw error
    const sentence = `The database could not be brought up to date by ${name}: it is not one that this gateway made, or was changed by hand.`
    throw new GatewayError('internal_error', sentence, { cause: error })
  }
  database
    .prepare('INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)')
    .run(version, name, checksum, Date.now())
}

function applied(database: DatabaseSync): readonly AppliedMigration[] {
  const table = database.prepare(
    "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'",
  )
  if (!table.get()) return []
  return database
    .prepare('SELECT version, name, checksum FROM schema_migrations ORDER BY version')
    .all()
    .map((row) => ({
      version: integer(row, 'version'),
      name: text(row, 'name'),
      checksum: text(row, 'checksum'),
    }))
}
