import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listensTo } from './endpoint.ts'
import { outcomeOf } from './outcome.ts'
import { retryAfterMsOf, waitBeforeNext } from './retry.ts'

const guide = { maxAttempts: 3, backoffMs: 5_000, schedule: null }
const hourMs = 3_600_000

test('the wait doubles, give or take a fifth, and ends with the attempts', () => {
  assert.deepEqual(
    [0, 0.5, 1].map((random) => waitBeforeNext(guide, 1, random)),
    [4_000, 5_000, 6_000],
  )
  assert.deepEqual(
    [0, 0.5, 1].map((random) => waitBeforeNext(guide, 2, random)),
    [8_000, 10_000, 12_000],
  )
  assert.equal(waitBeforeNext(guide, 3, 0.5), undefined)
  const long = { maxAttempts: 20, backoffMs: hourMs, schedule: null }
  assert.equal(waitBeforeNext(long, 19, 0.5), 24 * hourMs)
})

test('the standard schedule spreads ten attempts over three days, whatever else is said', () => {
  const standard = { ...guide, schedule: 'standard' as const }
  const waits = Array.from({ length: 9 }, (_, i) => waitBeforeNext(standard, i + 1, 0.5) ?? 0)
  const total = waits.reduce((sum, wait) => sum + wait, 0)
  assert.ok(total > 70 * hourMs && total < 73 * hourMs, String(total / hourMs))
  assert.equal(waitBeforeNext(standard, 10, 0.5), undefined)
})

test('Retry-After lengthens a wait, up to an hour, and never shortens it', () => {
  assert.equal(waitBeforeNext(guide, 1, 0.5, 60_000), 60_000)
  assert.equal(waitBeforeNext(guide, 1, 0.5, 1_000), 5_000)
  assert.equal(waitBeforeNext(guide, 1, 0.5, 99 * hourMs), hourMs)
})

test('Retry-After is read as seconds and as a date, and nothing else', () => {
  const now = Date.parse('2026-04-09T10:30:00Z')
  assert.equal(retryAfterMsOf('120', now), 120_000)
  assert.equal(retryAfterMsOf('Thu, 09 Apr 2026 10:31:00 GMT', now), 60_000)
  for (const header of [undefined, '', '-1', '0', 'soon', 'Thu, 09 Apr 2026 10:29:00 GMT']) {
    assert.equal(retryAfterMsOf(header, now), undefined)
  }
})

test('an endpoint listens by name, by noun and by star', () => {
  const of = (...events: readonly string[]) => listensTo({ events }, 'message.sent')
  assert.deepEqual(
    [of('message.sent'), of('message.*'), of('*'), of('message.received'), of('channel.*'), of()],
    [true, true, true, false, false, false],
  )
})

test('2xx alone is a success', () => {
  const kind = (status: number) =>
    outcomeOf({
      posted: { status, error: null, answer: '' },
      event: 'message.sent',
      retry: guide,
      tries: 1,
      failingSince: 1_000,
      endedAt: 2_000,
      random: 0.5,
    })
  assert.deepEqual(
    [200, 204, 299].map((status) => kind(status).next.status),
    ['delivered', 'delivered', 'delivered'],
  )
  assert.deepEqual(
    [300, 301, 304, 307, 399].map((status) => kind(status).error),
    Array.from({ length: 5 }, () => 'redirect'),
  )
  assert.deepEqual(kind(503), {
    error: 'http_status',
    next: { status: 'waiting', dueAt: 7_000 },
    disable: null,
  })
  assert.deepEqual(kind(410), {
    error: 'http_status',
    next: { status: 'dead', reason: 'gone' },
    disable: 'gone',
  })
})
