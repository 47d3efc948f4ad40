import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenWith } from '../../../tests/support/tokens.ts'
import type { Token } from './token.ts'
import { agedTokens, daysLeft, expiringTokens, liveTokens, secretAgeDays } from './token-age.ts'

const dayMs = 86_400_000
const now = 1_790_000_000_000

test('a token is old from its ninetieth day on, by its newest secret', () => {
  const young = aged(90 * dayMs - 1)
  const old = aged(90 * dayMs)
  assert.deepEqual(agedTokens([young, old], now), [old])
  assert.deepEqual([secretAgeDays(young, now), secretAgeDays(old, now)], [89, 90])
  const [newest] = aged(dayMs).secrets
  assert.ok(newest)
  const rotated = { ...old, secrets: [newest, ...old.secrets] }
  assert.deepEqual(agedTokens([rotated], now), [])
})

test('how old a token of the config is nobody knows', () => {
  const token = aged(now)
  assert.equal(secretAgeDays(token, now), null)
  assert.deepEqual(agedTokens([token], now), [])
})

test('a token is expiring in its last fourteen days, the soonest first', () => {
  const ends = [14 * dayMs + 1, 14 * dayMs, 1, 0, -1, null].map((ms) => ending(ms))
  const expiring = expiringTokens(ends, now)
  assert.deepEqual(
    expiring.map((token) => (token.expiresAt ?? 0) - now),
    [1, 14 * dayMs],
  )
  assert.deepEqual(
    expiring.map((token) => daysLeft(token, now)),
    [0, 14],
  )
  assert.equal(daysLeft(ending(null), now), null)
})

test('who is revoked, expired or denied is not live', () => {
  const live = ending(1)
  const denied = ending(null)
  const half = { ...ending(null), secrets: [...denied.secrets, ...live.secrets] }
  const all = [live, denied, half, ending(0), { ...ending(null), revokedAt: now - 1 }]
  assert.deepEqual(
    liveTokens(
      all,
      denied.secrets.map((secret) => secret.hash),
      now,
    ),
    [live, half],
  )
})

function aged(ms: number): Token {
  const { token, kept } = tokenWith({})
  return { ...token, secrets: [{ ...kept, createdAt: now - ms }] }
}

function ending(ms: number | null): Token {
  return tokenWith({ expiresAt: ms === null ? null : now + ms }).token
}
