import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FailedLogins } from './failed-logins.ts'
import { RateLimiter } from './rate-limiter.ts'
import { SlidingWindow } from './sliding-window.ts'

const perToken = { maxRequests: 5, windowMs: 1_000 }

/** What was admitted, by a limiter that is asked at each of these times. */
function admittedAt(
  times: readonly number[],
  limit: typeof perToken,
  global: typeof perToken | null = null,
): number[] {
  const limiter = new RateLimiter()
  return times.filter((now) => limiter.admit('tok_a', limit, global, now).admitted)
}

test('no window of any position ever holds more than the limit, and none that could pass is refused', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 300 })
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 1_500 }),
      (gaps, maxRequests, windowMs) => {
        let now = 1_000_000
        const times = gaps.map((gap) => {
          now += gap
          return now
        })
        const admitted: number[] = []
        const limiter = new RateLimiter()
        for (const at of times) {
          const inWindow = admitted.filter((earlier) => earlier > at - windowMs).length
          const { admitted: passed } = limiter.admit('tok_a', { maxRequests, windowMs }, null, at)
          assert.equal(passed, inWindow < maxRequests, `at ${at} with ${inWindow} in the window`)
          if (passed) admitted.push(at)
        }
      },
    ),
  )
})

test('a refused request lengthens no wait, and one after retryAfter seconds passes', () => {
  const limiter = new RateLimiter()
  const start = 5_000
  for (let i = 0; i < 5; i++) assert.ok(limiter.admit('tok_a', perToken, null, start).admitted)
  for (let i = 0; i < 100; i++) {
    const { admitted, retryAfterSeconds } = limiter.admit('tok_a', perToken, null, start + 1 + i)
    assert.equal(admitted, false)
    assert.equal(retryAfterSeconds, 1)
  }
  assert.ok(limiter.admit('tok_a', perToken, null, start + 1_000).admitted)
})

test('a request is taken from both limits or from neither', () => {
  const limiter = new RateLimiter()
  const global = { maxRequests: 6, windowMs: 1_000 }
  for (let i = 0; i < 5; i++) assert.ok(limiter.admit('tok_a', perToken, global, 0).admitted)
  // Refused by its own limit: the global one keeps its last place, which another token then gets.
  for (let i = 0; i < 10; i++) assert.equal(limiter.admit('tok_a', perToken, global, 1).admitted, false)
  assert.ok(limiter.admit('tok_b', perToken, global, 2).admitted)
  const refused = limiter.admit('tok_b', perToken, global, 3)
  assert.equal(refused.admitted, false)
  // Refused by the global limit: nothing was taken of its own.
  assert.equal(refused.states.find((state) => state.policy === 'token')?.remaining, 4)
})

test('fixed windows would let nearly twice the limit through: here a burst at the edge counts in both', () => {
  assert.deepEqual(
    admittedAt([990, 991, 992, 993, 994, 1_000, 1_001, 1_002], perToken),
    [990, 991, 992, 993, 994],
  )
})

test('a limit of ten million allocates nothing in advance, and a minute of traffic a slot a millisecond', () => {
  const window = new SlidingWindow(10_000_000, 60_000)
  for (let i = 0; i < 1_000_000; i++) window.take(Math.floor(i / 100))
  assert.equal(window.remaining(9_999), 9_000_000)
  assert.equal(window.entries(9_999).length, 10_000)
})

test('a clock that runs backwards lets nothing more through', () => {
  assert.equal(admittedAt([5_000, 5_000, 4_000, 3_000, 2_000, 1_000, 900], perToken).length, 5)
})

test('what was counted goes on after a restart', () => {
  const first = new RateLimiter()
  for (let i = 0; i < 5; i++) first.admit('tok_a', perToken, null, 100 + i)
  const second = new RateLimiter()
  second.restore(first.counted(200), () => perToken, 200)
  assert.equal(second.admit('tok_a', perToken, null, 300).admitted, false)
  assert.ok(second.admit('tok_a', perToken, null, 1_100).admitted)
})

test('a limit that the config changes goes on with what is counted', () => {
  const limiter = new RateLimiter()
  for (let i = 0; i < 5; i++) limiter.admit('tok_a', perToken, null, i)
  assert.equal(limiter.admit('tok_a', { maxRequests: 5, windowMs: 2_000 }, null, 500).admitted, false)
  assert.ok(limiter.admit('tok_a', { maxRequests: 6, windowMs: 2_000 }, null, 1_500).admitted)
  assert.equal(limiter.admit('tok_a', { maxRequests: 6, windowMs: 2_000 }, null, 1_999).admitted, false)
})

test('a limit that the config lowers below what is counted tells a true wait', () => {
  const limiter = new RateLimiter()
  for (let i = 0; i < 5; i++) limiter.admit('tok_a', { maxRequests: 5, windowMs: 10_000 }, null, i * 1_000)
  const lowered = { maxRequests: 2, windowMs: 10_000 }
  // Of the takings at 0, 1, 2, 3 and 4 s four must run out before one more fits: the last of them at 13 s.
  assert.equal(limiter.admit('tok_a', lowered, null, 5_000).retryAfterSeconds, 8)
  assert.equal(limiter.admit('tok_a', lowered, null, 12_999).admitted, false)
  assert.ok(limiter.admit('tok_a', lowered, null, 13_000).admitted)
})

test('an address may fail sixty times a minute, and a flood of other addresses costs bounded memory', () => {
  const failures = new FailedLogins()
  for (let i = 0; i < 60; i++) assert.equal(failures.note('192.0.2.1', i), 0)
  assert.equal(failures.note('192.0.2.1', 60), 60)
  assert.equal(failures.note('192.0.2.2', 60), 0)
  for (let i = 0; i < 200_000; i++) failures.note(`2001:db8:${i.toString(16)}::/64`, 61)
  assert.ok(failures.size <= 10_000 && failures.size >= 9_000)
})
