import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { Store } from '../../src/domain/store.ts'
import { openStore } from '../../src/store/open-store.ts'
import { beginTurn, finishTurn, refuses } from './contract/samples.ts'
import { type Program, startProgram } from './program.ts'
import { temporaryFolder } from './temporary.ts'

const locked = /Another process keeps the database locked/

// A turn's beginning waits this long for its end.
const lingerMs = 10

describe('a database that another process has locked', () => {
  it('is waited for, and written when it is free', async (t) => {
    const { store, holder } = await lockedStore(t)
    const waiting = store.turns.begin(beginTurn('c1'))
    assert.equal(await store.conversations.find('c1'), undefined)
    await free(holder)
    await waiting
    assert.equal((await store.conversations.find('c1'))?.id, 'c1')
    assert.equal(store.health().status, 'ok')
  })

  it('is waited for as long as the bound, then refused in words; the store is well again without being asked', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { store, holder, troubles } = await lockedStore(t)
    const startedAt = performance.now()
    const refused = Promise.all(
      ['c1', 'c2'].map((id) => refuses(store.turns.begin(beginTurn(id)), 'internal_error', locked)),
    )
    t.mock.timers.tick(lingerMs)
    assert.equal((await store.conversations.find('before'))?.id, 'before', 'reading goes on')
    await refused
    assert.ok(performance.now() - startedAt >= 4_900, 'it was waited for')
    assert.equal(store.health().status, 'degraded')
    assert.match(store.health().sentence ?? '', locked)
    assert.equal(troubles.length, 1)

    await free(holder)
    t.mock.timers.tick(5_000)
    const giveUpAt = performance.now() + 30_000
    while (store.health().status !== 'ok' && performance.now() < giveUpAt)
      await new Promise((resolve) => setImmediate(resolve))
    assert.equal(store.health().status, 'ok')
    assert.equal(await store.conversations.find('c1'), undefined)
  })

  it('for longer than any disk takes has its thread given up and replaced', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { store, holder, troubles } = await lockedStore(t)
    const refused = refuses(store.turns.begin(beginTurn('c1')), 'internal_error', /thread .* has ended/)
    t.mock.timers.tick(lingerMs)
    // The group is on its way when an immediate that was set after its own has run.
    await new Promise((resolve) => setImmediate(resolve))
    t.mock.timers.tick(30_000)
    await refused
    assert.equal(store.health().status, 'degraded')
    assert.match(troubles.join(), /thread .* has ended/)

    await free(holder)
    const replaced = once(process, 'worker')
    t.mock.timers.tick(100)
    const [worker] = await replaced
    await once(worker, 'message')
    const begun = store.turns.begin(beginTurn('c2'))
    t.mock.timers.tick(lingerMs)
    await begun
    assert.equal(store.health().status, 'ok')
  })
})

async function lockedStore(
  t: TestContext,
): Promise<{ readonly store: Store; readonly holder: Program; readonly troubles: readonly string[] }> {
  const file = join(temporaryFolder(t), 'store.db')
  const troubles: string[] = []
  const store = await openStore({ file, onTrouble: (sentence) => troubles.push(sentence) })
  t.after(() => store.close())
  const before = beginTurn('before')
  // Whole at once: no timer, which a test may have mocked, has a part in it.
  await Promise.all([store.turns.begin(before), store.turns.finish(finishTurn(before))])
  const holder = startProgram(t, 'hold-write-lock.ts', [file])
  assert.equal(await holder.next(), 'locked')
  return { store, holder, troubles }
}

async function free(holder: Program): Promise<void> {
  holder.process.stdin.write('free\n')
  assert.equal(await holder.next(), 'freed')
}
