import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { openStore } from '../../src/store/open-store.ts'
import { refuses } from './contract/samples.ts'
import { startProgram } from './program.ts'
import { temporaryFolder } from './temporary.ts'

const migrations = readdirSync(join(import.meta.dirname, '../../src/store/migrations')).sort()

describe('the migrations', () => {
  it('are recorded once, and a second start applies none', async (t) => {
    const file = await closedStore(t)
    const before = recorded(file)
    assert.deepEqual(
      before.map((row) => row.name),
      migrations,
    )
    await (await openStore({ file })).close()
    assert.deepEqual(recorded(file), before)
  })

  it('refuse a database that a newer version wrote, and leave it as it was', async (t) => {
    const file = await closedStore(t)
    change(file, "INSERT INTO schema_migrations VALUES (9999, '9999_future.sql', 'x', 1)")
    const before = readFileSync(file)
    await refuses(openStore({ file }), 'internal_error', /newer version of the gateway .*9999_future\.sql/)
    assert.ok(readFileSync(file).equals(before))
  })

  it('refuse a database to which another text of the same migration was applied', async (t) => {
    const file = await closedStore(t)
    change(file, "UPDATE schema_migrations SET checksum = 'x'")
    await refuses(openStore({ file }), 'internal_error', /0001_initial\.sql is not the one that was applied/)
  })

  it('leave nothing behind where one fails in the middle', async (t) => {
    const file = join(temporaryFolder(t), 'store.db')
    change(file, 'CREATE TABLE token_secrets (somebody TEXT)')
    await refuses(openStore({ file }), 'internal_error', /could not be brought up to date/)
    const database = new DatabaseSync(file)
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
    database.close()
    assert.deepEqual(
      tables.map(({ name }) => name),
      ['token_secrets'],
    )
  })

  it('are applied once where several processes open the same new file at the same time', async (t) => {
    const file = join(temporaryFolder(t), 'store.db')
    const programs = Array.from({ length: 6 }, () => startProgram(t, 'open-once.ts', [file]))
    for (const program of programs) assert.equal(await program.next(), 'opened')
    for (const program of programs) {
      assert.deepEqual(await program.rest(), [])
      assert.equal(program.errors(), '', 'no warning is printed either')
    }
    assert.equal(recorded(file).length, migrations.length)
  })
})

async function closedStore(t: TestContext): Promise<string> {
  const file = join(temporaryFolder(t), 'store.db')
  await (await openStore({ file })).close()
  return file
}

function change(file: string, sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

function recorded(file: string): readonly Record<string, unknown>[] {
  const database = new DatabaseSync(file, { readOnly: true })
  const rows = database.prepare('SELECT * FROM schema_migrations').all()
  database.close()
  return rows.map((row) => ({ ...row }))
}
