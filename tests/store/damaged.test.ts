import assert from 'node:assert/strict'
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { openForReading, openForWriting } from '../../src/store/dialects/sqlite.ts'
import { openStore } from '../../src/store/open-store.ts'
import { beginTurn, refuses, wholeTurn } from './contract/samples.ts'
import { startProgram } from './program.ts'
import { temporaryFolder } from './temporary.ts'

const damaged = /The database file is damaged, or is no database: stop the gateway and restore the file/

describe('a damaged file', () => {
  for (const [what, content] of Object.entries({
    'text of some other kind': Buffer.from('{ "this": "is no database" }'),
    'pages of noise': Buffer.alloc(40_960, 'noise'),
  })) {
    it(`with ${what} is refused, named, and left as it was`, async (t) => {
      const folder = temporaryFolder(t)
      const file = join(folder, 'store.db')
      writeFileSync(file, content, { mode: 0o600 })
      await refuses(openStore({ file }), 'internal_error', damaged)
      await refuses(openStore({ file }), 'internal_error', new RegExp(`The file is ${file}\\.$`))
      assert.ok(readFileSync(file).equals(content))
      assert.deepEqual(readdirSync(folder), ['store.db'])
    })
  }

  it('with a torn page answers in words whenever that page is needed, serves the rest, and is left as it was', async (t) => {
    const file = await filled(t)
    tear(file, 'messages')
    const torn = readFileSync(file)
    const troubles: string[] = []
    const store = await openStore({ file, onTrouble: (sentence) => troubles.push(sentence) })
    t.after(() => store.close())
    assert.equal((await store.conversations.find('c1'))?.messageCount, 2)
    await refuses(store.conversations.messages('c1', { limit: 10 }), 'internal_error', damaged)
    await refuses(wholeTurn(store, beginTurn('new')), 'internal_error', damaged)
    assert.equal(store.health().status, 'degraded')
    assert.match(troubles.join(), damaged)
    await store.close()
    assert.ok(readFileSync(file).equals(torn))
  })

  it('with a torn token epoch is refused at the start', async (t) => {
    const file = await filled(t)
    tear(file, 'token_epoch')
    const torn = readFileSync(file)
    await refuses(openStore({ file }), 'internal_error', damaged)
    assert.ok(readFileSync(file).equals(torn))
  })
})

describe('a file that is gone', () => {
  it('is not made anew, which would lose what was in it without a word', async (t) => {
    const file = join(temporaryFolder(t), 'store.db')
    assert.throws(() => openForWriting(file), /unable to open/)
    assert.throws(() => openForReading(file), /unable to open/)
    assert.equal(existsSync(file), false)
  })
})

describe('a store', () => {
  it('tells the last epoch that it read when it cannot read, so that requests go on with the tokens in memory', async (t) => {
    const store = await openStore({ file: await filled(t) })
    const epoch = store.tokens.epoch()
    await store.close()
    assert.equal(store.tokens.epoch(), epoch)
  })

  it('is readable by nobody else, its log and its folder too, also where it was before', async (t) => {
    const folder = join(temporaryFolder(t), 'data')
    const file = join(folder, 'store.db')
    const store = await openStore({ file })
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    for (const name of readdirSync(folder))
      assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name)
    assert.ok(readdirSync(folder).includes('store.db-wal'))
    await store.close()
    chmodSync(file, 0o644)
    await (await openStore({ file })).close()
    assert.equal(statSync(file).mode & 0o777, 0o600)
  })

  it('in a folder that cannot be written is refused, named', async (t) => {
    const folder = temporaryFolder(t)
    const file = join(folder, 'store.db')
    // Root may write everywhere, so the program runs as somebody else then.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
    if (nobody.uid) chownSync(folder, nobody.uid, nobody.gid)
    chmodSync(folder, 0o500)
    const none = startProgram(t, 'open-once.ts', [file], { spawn: nobody })
    assert.match(JSON.stringify(await none.next()), /internal_error.*cannot be opened: check.*store\.db/)
    const lock = startProgram(t, 'hold-gateway-lock.ts', [join(folder, 'gateway.lock')], { spawn: nobody })
    await assert.rejects(
      lock.next(),
      /GatewayError: The database file cannot be opened: check.*gateway\.lock/,
    )

    chmodSync(folder, 0o700)
    assert.equal(await startProgram(t, 'open-once.ts', [file], { spawn: nobody }).next(), 'opened')
    chmodSync(folder, 0o500)
    const before = readFileSync(file)
    const there = startProgram(t, 'open-once.ts', [file], { spawn: nobody })
    assert.match(
      JSON.stringify(await there.next()),
      /internal_error.*(cannot be (opened|written)).*store\.db/,
    )
    assert.ok(readFileSync(file).equals(before))
    chmodSync(folder, 0o700)
  })
})

/** Returns the file of a closed store with one conversation in it. */
async function filled(t: TestContext): Promise<string> {
  const file = join(temporaryFolder(t), 'store.db')
  const store = await openStore({ file })
  await wholeTurn(store, beginTurn('c1'))
  await store.close()
  return file
}

/** Overwrites the half of a table's first page, as a write that was cut off leaves it. */
function tear(file: string, table: string): void {
  const database = new DatabaseSync(file, { readOnly: true })
  const { rootpage } = database.prepare('SELECT rootpage FROM sqlite_master WHERE name = ?').get(table) ?? {}
  const { page_size: size } = database.prepare('PRAGMA page_size').get() ?? {}
  database.close()
  assert.ok(typeof rootpage === 'number' && typeof size === 'number')
  const content = readFileSync(file)
  content.fill(0xa5, (rootpage - 1) * size, (rootpage - 1) * size + size / 2)
  writeFileSync(file, content)
}
