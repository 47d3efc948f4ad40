import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { VirtualTimers } from '../../../tests/support/virtual-timers.ts'
import { GatewayError } from '../errors.ts'
import { ConversationLocks } from './conversation-locks.ts'

const waitMs = 1_000
const never = new AbortController().signal

test('turns of one conversation run one after another, in the order in which they came', async () => {
  const locks = new ConversationLocks()
  const order: string[] = []
  let running = 0
  const turns = Array.from({ length: 17 }, async (_, i) => {
    const release = await locks.acquire('conv_1', waitMs, never)
    assert.equal(running++, 0)
    order.push(`begin ${i}`)
    await settled()
    order.push(`end ${i}`)
    running--
    release()
  })
  await Promise.all(turns)
  assert.deepEqual(order, Array.from({ length: 17 }, (_, i) => [`begin ${i}`, `end ${i}`]).flat())
})

test('another conversation does not wait', async () => {
  const locks = new ConversationLocks()
  await locks.acquire('conv_1', waitMs, never)
  const release = await locks.acquire('conv_2', waitMs, never)
  release()
})

test('a free conversation is entered without a timer', async (t) => {
  const timers = new VirtualTimers(t)
  const locks = new ConversationLocks()
  const entering = locks.acquire('conv_1', waitMs, never)
  assert.equal(timers.pending, 0)
  const release = await entering
  release()
})

test('beside the running turn 16 may wait, and the next one is told overloaded at once', async () => {
  const locks = new ConversationLocks()
  const release = await locks.acquire('conv_1', waitMs, never)
  const waiting = Array.from({ length: 16 }, () => locks.acquire('conv_1', waitMs, never))
  await assert.rejects(locks.acquire('conv_1', waitMs, never), isOverloaded)
  release()
  for (const turn of waiting) (await turn)()
})

test('who waits too long is told overloaded, and leaves neither a timer nor a listener', async (t) => {
  const timers = new VirtualTimers(t)
  const locks = new ConversationLocks()
  await locks.acquire('conv_1', waitMs, never)
  const listening = countedSignal()
  const late = locks.acquire('conv_1', waitMs, listening.signal)
  timers.advance(waitMs - 1)
  assert.equal(await stateOf(late), 'pending')
  timers.advance(1)
  await assert.rejects(late, isOverloaded)
  assert.equal(timers.pending, 0)
  assert.equal(listening.count(), 0)
})

test('who leaves while waiting gets the reason of its signal, and does not disturb the order of the rest', async (t) => {
  const timers = new VirtualTimers(t)
  const locks = new ConversationLocks()
  const leaver = new AbortController()
  const first = await locks.acquire('conv_1', waitMs, never)
  const second = locks.acquire('conv_1', waitMs, leaver.signal)
  const third = locks.acquire('conv_1', waitMs, never)
  const reason = new Error('the caller left')
  leaver.abort(reason)
  await assert.rejects(second, (error) => error === reason)
  assert.equal(await stateOf(third), 'pending')
  first()
  const release = await third
  const fourth = locks.acquire('conv_1', waitMs, never)
  assert.equal(await stateOf(fourth), 'pending')
  release()
  ;(await fourth)()
  assert.equal(timers.pending, 0)
})

test('who has left holds no place any more', async () => {
  const locks = new ConversationLocks()
  const release = await locks.acquire('conv_1', waitMs, never)
  const leaver = new AbortController()
  const left = Array.from({ length: 16 }, () => locks.acquire('conv_1', waitMs, leaver.signal))
  leaver.abort(new Error('all callers left'))
  await Promise.allSettled(left)
  const next = locks.acquire('conv_1', waitMs, never)
  assert.equal(await stateOf(next), 'pending')
  release()
  ;(await next)()
})

test('a caller that has left already never enters, and blocks nobody', async () => {
  const locks = new ConversationLocks()
  const reason = new Error('gone')
  await assert.rejects(
    locks.acquire('conv_1', waitMs, AbortSignal.abort(reason)),
    (error) => error === reason,
  )
  const release = await locks.acquire('conv_1', waitMs, never)
  await assert.rejects(
    locks.acquire('conv_1', waitMs, AbortSignal.abort(reason)),
    (error) => error === reason,
  )
  release()
  ;(await locks.acquire('conv_1', waitMs, never))()
})

test('a second release of the same turn lets nobody in', async () => {
  const locks = new ConversationLocks()
  const first = await locks.acquire('conv_1', waitMs, never)
  const second = locks.acquire('conv_1', waitMs, never)
  first()
  first()
  const release = await second
  first()
  const third = locks.acquire('conv_1', waitMs, never)
  assert.equal(await stateOf(third), 'pending')
  release()
  ;(await third)()
})

test('nothing is kept of conversations in which nobody talks', async () => {
  const locks = new ConversationLocks()
  const leaver = new AbortController()
  for (let i = 0; i < 20; i++) {
    const running = await locks.acquire(`conv_${i}`, waitMs, never)
    const waiting = locks.acquire(`conv_${i}`, waitMs, never)
    const leaving = locks.acquire(`conv_${i}`, waitMs, leaver.signal)
    running()
    ;(await waiting)()
    ;(await leaving)()
  }
  assert.equal(locks.size, 0)
  const running = await locks.acquire('conv_1', waitMs, never)
  const leaving = locks.acquire('conv_1', waitMs, leaver.signal)
  leaver.abort(new Error('left'))
  await assert.rejects(leaving)
  running()
  await assert.rejects(locks.acquire('conv_2', waitMs, leaver.signal))
  assert.equal(locks.size, 0)
})

function isOverloaded(error: unknown): boolean {
  assert.ok(error instanceof GatewayError)
  assert.equal(error.code, 'overloaded')
  assert.ok((error.retryAfterSeconds ?? 0) >= 1)
  return true
}

// All promise callbacks that are due have run when the next turn of the event loop begins.
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function stateOf(promise: Promise<unknown>): Promise<'pending' | 'settled'> {
  return Promise.race([
    promise.then(
      () => 'settled' as const,
      () => 'settled' as const,
    ),
    settled().then(() => 'pending' as const),
  ])
}

function countedSignal(): { readonly signal: AbortSignal; count(): number } {
  const { signal } = new AbortController()
  return { signal, count: () => getEventListeners(signal, 'abort').length }
}
