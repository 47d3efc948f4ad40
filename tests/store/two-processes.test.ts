import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { Store } from '../../src/domain/store.ts'
import { openStore } from '../../src/store/open-store.ts'
import { beginTurn, token, wholeTurn } from './contract/samples.ts'
import { startProgram } from './program.ts'
import { temporaryFolder } from './temporary.ts'

describe('two processes with one file', () => {
  it('see a change of a token by the other one in the very next look at the epoch', async (t) => {
    const { store, file } = await opened(t)
    for (const id of ['tok_1', 'tok_2']) await store.tokens.create(token(id))
    const other = startProgram(t, 'revoke-token.ts', [file])
    assert.equal(await other.next(), 'open')
    for (const [i, id] of ['tok_1', 'tok_2'].entries()) {
      const before = store.tokens.epoch()
      other.process.stdin.write(`${id}\n`)
      assert.equal(await other.next(), 'revoked')
      assert.ok(store.tokens.epoch() > before)
      assert.equal((await store.tokens.load()).tokens[i]?.revokedAt, 2_000)
    }
    other.process.stdin.end()
    assert.deepEqual(await other.rest(), [])
    assert.equal(other.errors(), '')
  })

  it('write at the same time, and both find everything', async (t) => {
    const { store, file } = await opened(t)
    const others = ['a', 'b'].map((prefix) => startProgram(t, 'write-turns.ts', [file, prefix]))
    for (const other of others) assert.equal(await other.next(), 'open')
    for (let i = 1; i <= 100; i++) await wholeTurn(store, beginTurn(`c${i}`))
    for (const other of others) assert.equal(await other.next(), 'done', other.errors())
    for (const id of ['a1', 'a300', 'b1', 'b300', 'c100']) {
      assert.equal((await store.conversations.find(id))?.messageCount, 2)
    }
    const conversations = await store.conversations.list({ visibility: { all: true }, limit: 1_000 })
    assert.equal(conversations.length, 700)
    assert.equal(store.health().status, 'ok')
  })
})

async function opened(t: TestContext): Promise<{ readonly store: Store; readonly file: string }> {
  const file = join(temporaryFolder(t), 'store.db')
  const store = await openStore({ file })
  t.after(() => store.close())
  return { store, file }
}
