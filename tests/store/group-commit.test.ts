import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import { GatewayError } from '../../src/domain/errors.ts'
import type { Store } from '../../src/domain/store.ts'
import { openForWriting } from '../../src/store/dialects/sqlite.ts'
import { openStore } from '../../src/store/open-store.ts'
import { beginTurn, finishTurn, laterTurn, refuses, wholeTurn } from './contract/samples.ts'
import { temporaryFolder } from './temporary.ts'

describe('a group of batches that is committed at once', () => {
  it('keeps every batch but the refused ones, of which it keeps nothing', async (t) => {
    const { store } = await opened(t)
    const ids = Array.from({ length: 30 }, (_, i) => `c${i}`)
    await wholeTurn(store, beginTurn('c0', { messageId: 'taken' }))
    // Every third one takes a message id that stands, which only shows in its second statement.
    const begun = ids.slice(1).map((id, i) => beginTurn(id, i % 3 === 0 ? { messageId: 'taken' } : {}))
    const results = await Promise.allSettled(begun.map((turn) => store.turns.begin(turn)))
    for (const [i, result] of results.entries()) {
      const found = await store.conversations.find(`c${i + 1}`)
      assert.equal(result.status, i % 3 === 0 ? 'rejected' : 'fulfilled')
      assert.equal(found?.messageCount, i % 3 === 0 ? undefined : 1)
    }
    assert.equal(store.health().status, 'ok')
  })

  it('is committed by a connection that waits for the disk', async (t) => {
    const { store, file } = await opened(t)
    await store.close()
    const database = openForWriting(file)
    const settings = ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout', 'wal_autocheckpoint']
    const values = settings.flatMap((name) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {}))
    database.close()
    const full = 2
    assert.deepEqual(values, ['wal', full, 1, 5_000, 4_000])
  })

  it('lets a later batch see an earlier one of the same group', async (t) => {
    const { store } = await opened(t)
    const first = beginTurn('c1')
    await Promise.all([
      store.turns.begin(first),
      store.turns.finish(finishTurn(first)),
      store.turns.begin(laterTurn('c1', 2)),
      store.conversations.delete('c0'),
    ])
    assert.equal((await store.conversations.find('c1'))?.messageCount, 3)
  })

  it('keeps what a turn was asked and answered with, for the account of its use', async (t) => {
    const { store, file } = await opened(t)
    await wholeTurn(store, beginTurn('c1', { metadata: { order: '7' } }), { latencyMs: 321 })
    await store.close()
    const database = new DatabaseSync(file, { readOnly: true })
    const row = database
      .prepare("SELECT metadata, model, provider, latency_ms, finished_at FROM messages WHERE role = 'user'")
      .get()
    database.close()
    const expected = {
      metadata: '{"order":"7"}',
      model: 'claude-test',
      provider: 'anthropic',
      latency_ms: 321,
    }
    assert.deepEqual({ ...row }, { ...expected, finished_at: 1_500 })
  })
})

describe('the queue of batches', () => {
  it('holds 10,000 and refuses more as overloaded; all that it took are written', async (t) => {
    const { store } = await opened(t)
    const begun = Array.from({ length: 11_000 }, (_, i) => store.turns.begin(beginTurn(`c${i}`)))
    assert.equal(store.health().queued, 10_000)
    const results = await Promise.allSettled(begun)
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    assert.equal(refused.length, 1_000)
    for (const error of refused) {
      assert.ok(error instanceof GatewayError)
      assert.deepEqual([error.code, error.retryAfterSeconds], ['overloaded', 1])
    }
    assert.equal((await store.conversations.find('c9999'))?.id, 'c9999')
    assert.equal(store.health().queued, 0)
    await store.turns.begin(beginTurn('after'))
  })

  it('is bounded by the length of its text too', async (t) => {
    const { store } = await opened(t)
    const content = 'x'.repeat(1024 * 1024)
    const begun = Array.from({ length: 129 }, (_, i) => store.turns.begin(beginTurn(`c${i}`, { content })))
    const results = await Promise.allSettled(begun)
    const [last, ...others] = results.toReversed()
    assert.equal(last?.status, 'rejected')
    assert.ok(others.every(({ status }) => status === 'fulfilled'))
  })
})

describe('the thread that writes', () => {
  it('is started again when it dies: what waited is refused, health tells, and later batches are written', async (t) => {
    const thread = nextWorker()
    const { store, troubles } = await opened(t)
    await store.turns.begin(beginTurn('c1'))
    const waiting = refuses(store.turns.begin(beginTurn('c2')), 'internal_error', /thread .* has ended/)
    await (await thread).terminate()
    await waiting
    assert.equal(store.health().status, 'degraded')
    assert.equal(store.health().queued, 0)
    assert.match(troubles.join(), /thread .* has ended/)
    await refuses(store.turns.begin(beginTurn('c3')), 'internal_error', /thread .* has ended/)

    await once(await nextWorker(), 'message')
    await store.turns.begin(beginTurn('c4'))
    assert.equal(store.health().status, 'ok')
    assert.equal((await store.conversations.find('c1'))?.id, 'c1')
  })
})

async function opened(
  t: TestContext,
): Promise<{ readonly store: Store; readonly file: string; readonly troubles: readonly string[] }> {
  const file = join(temporaryFolder(t), 'store.db')
  const troubles: string[] = []
  const store = await openStore({ file, onTrouble: (sentence) => troubles.push(sentence) })
  t.after(() => store.close())
  return { store, file, troubles }
}

async function nextWorker(): Promise<Worker> {
  const [worker] = await once(process, 'worker')
  assert.ok(worker instanceof Worker)
  return worker
}
