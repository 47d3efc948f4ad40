import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../../tests/support/eventually.ts'
import { ChatQueue, type Next } from './chat-queue.ts'

const chat = (chatId: string) => ({ channel: 'telegram', chatId }) as const

interface Piece {
  readonly chatId: string
  readonly settle: (next: Next) => void
}

// A queue over a fake store of counts; each piece of work is ended by the test, unless it is `quick`.
function setUp(inFlightMax: number, left: Map<string, number>, quick = false) {
  const stop = new AbortController()
  const begun: Piece[] = []
  const order: string[] = []
  const queue = new ChatQueue({
    inFlightMax: () => inFlightMax,
    waiting: async (limit) => [...left.keys()].slice(0, limit).map(chat),
    work: ({ chatId }) => {
      const count = left.get(chatId) ?? 0
      if (count === 0) return Promise.resolve('nothing')
      order.push(chatId)
      const take = (): void => {
        if (count > 1) left.set(chatId, count - 1)
        else left.delete(chatId)
      }
      if (quick) {
        take()
        return Promise.resolve('more')
      }
      const { promise, resolve } = Promise.withResolvers<Next>()
      begun.push({
        chatId,
        settle(next) {
          if (next === 'more') take()
          resolve(next)
        },
      })
      return promise
    },
  })
  return { queue, begun, order, stop, ended: queue.run(stop.signal) }
}

test('a chat with many messages holds up nobody: each chat comes after all others that wait', async () => {
  const { order, stop, ended } = setUp(
    1,
    new Map([
      ['a', 3],
      ['b', 1],
      ['c', 2],
    ]),
    true,
  )
  await eventually('all work', () => (order.length === 6 ? true : undefined))
  assert.deepEqual(order, ['a', 'b', 'c', 'a', 'c', 'a'])
  stop.abort()
  await ended
})

test('no chat is worked on twice at a time, and no more chats than may be', async () => {
  const left = new Map(Array.from({ length: 20 }, (_, i) => [`c${i}`, 2] as const))
  const { queue, begun, stop, ended } = setUp(4, left)
  await eventually('four', () => (begun.length === 4 ? true : undefined))
  for (let i = 0; i < 20; i++) queue.wake(chat(`c${i}`))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(new Set(begun.map(({ chatId }) => chatId)).size, 4)
  assert.equal(begun.length, 4)
  begun[0]?.settle('more')
  await eventually('the fifth', () => (begun.length === 5 ? true : undefined))
  assert.equal(begun[4]?.chatId, 'c4')
  stop.abort()
  for (const { settle } of begun) settle('nothing')
  await ended
})

test('many chats are begun a few at a time, so that others have their turn between', async () => {
  let turn = 0
  const next = (): void => {
    turn++
    counting = setImmediate(next)
  }
  let counting = setImmediate(next)
  const begunIn = new Map<number, number>()
  const stop = new AbortController()
  const queue = new ChatQueue({
    inFlightMax: () => 32,
    waiting: async () => Array.from({ length: 32 }, (_, i) => chat(`c${i}`)),
    work: async () => {
      begunIn.set(turn, (begunIn.get(turn) ?? 0) + 1)
      await new Promise((resolve) => stop.signal.addEventListener('abort', resolve))
      return 'nothing'
    },
  })
  const ended = queue.run(stop.signal)
  try {
    const begun = () => [...begunIn.values()].reduce((sum, count) => sum + count, 0)
    await eventually('all', () => (begun() === 32 ? true : undefined))
    assert.ok(Math.max(...begunIn.values()) <= 4, [...begunIn.values()].join(' '))
  } finally {
    clearImmediate(counting)
    stop.abort()
    await ended
  }
})

test('what comes while a chat is worked on is seen, also where that piece of work found nothing more', async () => {
  const left = new Map([['a', 1]])
  const { queue, begun, stop, ended } = setUp(1, left)
  await eventually('the first', () => begun[0])
  left.set('a', 2)
  queue.wake(chat('a'))
  begun[0]?.settle('nothing')
  await eventually('the second', () => begun[1])
  stop.abort()
  begun[1]?.settle('nothing')
  await ended
})

test('a chat that must wait waits, whoever wakes it, and until all are woken', async () => {
  const { queue, begun, stop, ended } = setUp(1, new Map([['a', 1]]))
  await eventually('the first', () => begun[0])
  begun[0]?.settle({ afterMs: 60_000 })
  await new Promise((resolve) => setImmediate(resolve))
  queue.wake(chat('a'))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(begun.length, 1)
  queue.wakeAll()
  await eventually('the second', () => begun[1])
  stop.abort()
  begun[1]?.settle('nothing')
  await ended
})

test('a wait that the platform has asked for is kept, whoever wakes all', async () => {
  const { queue, begun, stop, ended } = setUp(1, new Map([['a', 1]]))
  await eventually('the first', () => begun[0])
  begun[0]?.settle({ afterMs: 60_000, isFirm: true })
  await new Promise((resolve) => setImmediate(resolve))
  queue.wakeAll()
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(begun.length, 1)
  stop.abort()
  await ended
})

test('a queue that is held begins nothing until it is released', async () => {
  const left = new Map([['a', 1]])
  const { queue, begun, stop, ended } = setUp(1, left)
  await eventually('the first', () => begun[0])
  queue.hold(60_000)
  begun[0]?.settle('more')
  left.set('b', 1)
  queue.wake(chat('b'))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(begun.length, 1)
  assert.ok(queue.isIdle)
  queue.wakeAll()
  await eventually('the second', () => begun[1])
  stop.abort()
  begun[1]?.settle('nothing')
  await ended
})

test('a store that fails ends the run with its error once what runs has ended, and the next run begins anew', async () => {
  let fails = true
  const worked: string[] = []
  const queue = new ChatQueue({
    inFlightMax: () => 2,
    waiting: async () => [chat('a')],
    work: async ({ chatId }) => {
      if (fails) throw new Error('the disk is full')
      worked.push(chatId)
      return 'nothing'
    },
  })
  const stop = new AbortController()
  await assert.rejects(queue.run(stop.signal), /disk is full/)
  fails = false
  const again = queue.run(stop.signal)
  await eventually('the work', () => worked[0])
  stop.abort()
  await again
})

test('more chats than fit in memory are all worked on', async () => {
  const left = new Map(Array.from({ length: 10_500 }, (_, i) => [`c${i}`, 1] as const))
  const { order, stop, ended } = setUp(8, left, true)
  await eventually('all of them', () => (left.size === 0 ? true : undefined), 60_000)
  assert.equal(new Set(order).size, 10_500)
  assert.equal(order.length, 10_500)
  stop.abort()
  await ended
})
