import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '../domain/errors.ts'

/** One step of the schema. Never edited once landed, which `checksum` holds. */
export interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
  /** SHA-256 of the file with `\n` line ends, in hex. */
  readonly checksum: string
}

/** A migration as a database has recorded it. */
export type AppliedMigration = Pick<Migration, 'version' | 'name' | 'checksum'>

/** Returns the migrations in `folder`, files named such as `0001_initial.sql`, in order. */
export function loadMigrations(folder: string): readonly Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const sql = readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n')
      const checksum = createHash('sha256').update(sql).digest('hex')
      return { version: Number(name.slice(0, 4)), name, sql, checksum }
    })
}

/**
 * Returns the migrations that a database lacks. Throws `internal_error` where it was written by a newer version, or where one that it
 * has applied was edited since.
 */
export function pendingMigrations(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  for (const { version, name, checksum } of applied) {
    const migration = known.find((one) => one.version === version)
    if (!migration) {
      throw new GatewayError(
        'internal_error',
        `The database was written by a newer version of the gateway (it has the migration ${name}): install that version, or restore a backup made by this one.`,
      )
    }
    if (migration.checksum !== checksum) {
      throw new GatewayError(
        'internal_error',
        `The migration ${migration.name} is not the one that was applied to this database: install the gateway anew, its files were changed.`,
      )
    }
  }
  return known.filter(({ version }) => !applied.some((one) => one.version === version))
}
