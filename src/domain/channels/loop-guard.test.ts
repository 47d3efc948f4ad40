import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoopGuard } from './loop-guard.ts'

const chat = { channel: 'telegram', chatId: '42' } as const
const message = (id: string, at: number) => ({
  chatId: '42',
  from: { id, name: id, isBot: false },
  at,
})

// How many answers a program gets that answers each of them after so long.
function answersTo(waitMs: number): { readonly answers: number; readonly ms: number } {
  const guard = new LoopGuard()
  let now = 0
  let answers = 0
  while (!guard.isLoop('telegram', message('bot', now), now)) {
    answers++
    guard.answered(chat, now)
    now += waitMs
    assert.ok(answers < 1_000, 'it never ends')
  }
  return { answers, ms: now }
}

test('a program that answers each answer at once is left unanswered within a minute', () => {
  assert.deepEqual(answersTo(100), { answers: 121, ms: 12_100 })
})

// `at` as the platform stamps what is written so long after our post began, and when it is told of.
function answersUntilFound(at: (postedAt: number) => number, toldAt: (postedAt: number) => number): number {
  const guard = new LoopGuard()
  for (let answers = 0; answers < 1_000; answers++) {
    const postedAt = 1_000_250 + 400 * answers
    guard.answered(chat, postedAt)
    if (guard.isLoop('telegram', message('bot', at(postedAt)), toldAt(postedAt))) return answers
  }
  return Number.POSITIVE_INFINITY
}

test('whole seconds, and a platform whose clock goes before ours, hide no loop', () => {
  const secondOf = (postedAt: number) => Math.floor((postedAt + 100) / 1000) * 1000
  assert.equal(
    answersUntilFound(secondOf, (postedAt) => postedAt + 150),
    120,
  )
  assert.equal(
    answersUntilFound(
      (postedAt) => postedAt + 30_000,
      (postedAt) => postedAt + 150,
    ),
    120,
  )
})

test('a slower loop is found too', () => {
  assert.equal(answersTo(1_500).answers, 301)
  assert.ok(answersTo(4_000).ms < 3_600_000)
})

test('a person who writes a thousand messages without waiting for an answer is none', () => {
  const guard = new LoopGuard()
  for (let i = 0; i < 1_000; i++) {
    assert.equal(guard.isLoop('telegram', message('person', i), i), false)
    guard.answered(chat, 1_000 + i)
  }
})

test('what had waited for us is none, however quickly we answer one after another', () => {
  const guard = new LoopGuard()
  for (let i = 0; i < 1_000; i++) {
    const now = 100_000 + i
    assert.equal(guard.isLoop('telegram', message('person', i), now), false)
    guard.answered(chat, now)
  }
})

test('a person who reads before the next message is none', () => {
  const guard = new LoopGuard()
  for (let i = 0; i < 1_000; i++) {
    const now = 7_000 * i
    assert.equal(guard.isLoop('telegram', message('person', now), now), false)
    guard.answered(chat, now)
  }
})

test('once it was quiet for an hour an account is like new, and others never suffer', () => {
  const guard = new LoopGuard()
  let now = 0
  for (; !guard.isLoop('telegram', message('bot', now), now); now += 100) guard.answered(chat, now)
  assert.equal(guard.isLoop('telegram', message('person', now), now), false)
  assert.equal(guard.isLoop('telegram', message('bot', now + 3_600_001), now + 3_600_001), false)
})
