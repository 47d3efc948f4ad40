import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { openTestStore, partsOver, type TestParts } from '../../../tests/support/domain-parts.ts'
import { tokenWith } from '../../../tests/support/tokens.ts'
import type { Token } from './token.ts'
import { TokenCare } from './token-care.ts'

const dayMs = 86_400_000
let stack = new AsyncDisposableStack()
afterEach(async () => {
  await stack.disposeAsync()
  stack = new AsyncDisposableStack()
})

test('a token that expires within fourteen days has one line a day, and no more', async () => {
  const { parts, care } = await careOver((now) => [expiringIn(now, 10, 'soon'), expiringIn(now, 15, 'later')])
  const told = (): readonly unknown[] => linesOf(parts, 'token expiring').map((fields) => fields?.token)
  assert.deepEqual(told(), ['soon'])
  for (let hour = 0; hour < 3; hour++) await care.tellExpiring()
  assert.deepEqual(told(), ['soon'])
  parts.clock.ms += dayMs
  await care.tellExpiring()
  await care.tellExpiring()
  assert.deepEqual(told(), ['soon', 'soon', 'later'])
  const [first] = linesOf(parts, 'token expiring')
  assert.equal(first?.daysLeft, 10)
  assert.equal(first?.expiresAt, new Date(parts.clock.ms + 9 * dayMs).toISOString())
})

test('the start says how many tokens are old, and with which command to renew them', async () => {
  const one = await careOver((now) => [oldToken(now, 'a')])
  assert.deepEqual(linesOf(one.parts, 'tokens older than 90 days'), [
    { tokens: 1, remedy: `openclaw token rotate ${one.tokens[0]?.id}` },
  ])
  const three = await careOver((now) => ['a', 'b', 'c'].map((name) => oldToken(now, name)))
  assert.deepEqual(linesOf(three.parts, 'tokens older than 90 days'), [
    { tokens: 3, remedy: 'openclaw token list' },
  ])
})

test('a revoked token is neither old nor expiring, and a store that cannot be read costs the lines alone', async () => {
  const revoked = await careOver((now) => [{ ...oldToken(now, 'a'), revokedAt: now - 1, expiresAt: now + 1 }])
  assert.deepEqual(revoked.parts.logged, [])
  await stack.disposeAsync()
  await revoked.care.tellExpiring()
  assert.deepEqual(revoked.parts.logged, [])
})

test('a token that expires soon is an event for the webhooks that want it, once a day', async () => {
  const { store, close } = await openTestStore()
  stack.defer(close)
  const endpoint = {
    id: 'ops',
    url: 'https://example.com/hook',
    secret: null,
    previousSecret: null,
    events: ['token.*'] as const,
    retry: { maxAttempts: 3, backoffMs: 5_000, schedule: null },
    allowPrivateNetwork: false,
  }
  const parts = partsOver(store, [], { endpoints: [endpoint] })
  const token = expiringIn(parts.clock.ms, 3, 'crm')
  await store.tokens.create(token)
  const care = stack.use(new TokenCare(parts, () => []))
  await care.tellExpiring()
  await care.tellExpiring()
  const page = await store.webhooks.deliveries.list({ limit: 10 })
  assert.deepEqual(
    page.map(({ event, endpoint: to }) => [event, to]),
    [['token.expiring', 'ops']],
  )
})

async function careOver(
  make: (now: number) => readonly Token[],
): Promise<{ parts: TestParts; care: TokenCare; tokens: readonly Token[] }> {
  const { store, close } = await openTestStore()
  stack.defer(close)
  const parts = partsOver(store, [])
  const tokens = make(parts.clock.ms)
  for (const token of tokens) await store.tokens.create(token)
  const care = stack.use(new TokenCare(parts, () => []))
  await turn()
  return { parts, care, tokens }
}

function linesOf(parts: TestParts, message: string): readonly TestParts['logged'][number]['fields'][] {
  return parts.logged.filter((line) => line.message === message).map((line) => line.fields)
}

function expiringIn(now: number, days: number, name: string): Token {
  return tokenWith({ name, expiresAt: now + days * dayMs }).token
}

function oldToken(now: number, name: string): Token {
  const { token, kept } = tokenWith({ name })
  return { ...token, secrets: [{ ...kept, createdAt: now - 91 * dayMs }] }
}
