import assert from 'node:assert/strict'
import { mock, type TestContext, test } from 'node:test'
import { GatewayError } from '../errors.ts'
import { AuditTrail } from './audit-trail.ts'
import { AuditedCall, type CallFacts } from './audited-call.ts'
import type { AuditEntry } from './record.ts'

const facts: CallFacts = {
  actor: { type: 'token', id: 'tok_a', name: 'crm' },
  method: 'POST',
  route: '/api/v1/chat',
  ip: '192.0.2.1',
  requestId: 'req_1',
  subscriber: '192.0.2.1',
}
const used = { model: 'm', inputTokens: 1, outputTokens: 2 }

/** A trail over a store that keeps what it is given, unless it is told to fail. */
function newTrail(t: TestContext): {
  readonly trail: AuditTrail
  readonly kept: AuditEntry[]
  readonly batches: number[]
  readonly logged: string[]
  readonly told: () => number
  fail: boolean
} {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  t.after(() => mock.timers.reset())
  const kept: AuditEntry[] = []
  const batches: number[] = []
  const logged: string[] = []
  let stored = 0
  const it = { kept, batches, logged, fail: false, told: () => stored }
  const store = {
    async append(entries: readonly AuditEntry[]) {
      if (it.fail) throw new GatewayError('internal_error', 'The disk is full.')
      batches.push(entries.length)
      kept.push(...entries)
    },
  }
  let now = 0
  const clock = { now: () => now, monotonic: () => now++ }
  const trail = new AuditTrail({ store, clock, log: (_level, message) => logged.push(message) }, (count) => {
    stored += count
  })
  return Object.assign(it, { trail })
}

function call(trail: AuditTrail, more: Partial<CallFacts> = {}): AuditedCall {
  return new AuditedCall(
    trail,
    () => 7_000,
    () => ({ ...facts, ...more }),
  )
}

function numbered(number: number): AuditEntry {
  return { ...entryOf(), requestId: `req_${number}` }
}

function entryOf(): AuditEntry {
  const { subscriber: _, ...rest } = facts
  return {
    ...rest,
    at: 0,
    action: null,
    target: null,
    status: 200,
    error: null,
    usage: null,
    countedAt: null,
    count: 1,
  }
}

test('records that come within some milliseconds are stored together, in their order', async (t) => {
  const { trail, kept, batches, told } = newTrail(t)
  for (let i = 0; i < 1_500; i++) trail.append(numbered(i))
  await trail.settled()
  assert.deepEqual(batches, [1_000, 500])
  assert.deepEqual(
    kept.map(({ requestId }) => requestId),
    kept.map((_, i) => `req_${i}`),
  )
  assert.equal(told(), 1_500)
})

test('what the store cannot take now is stored later, in its order; what is too much is counted', async (t) => {
  const gateway = newTrail(t)
  const { trail, kept, logged } = gateway
  gateway.fail = true
  for (let i = 0; i < 10_050; i++) trail.append(numbered(i))
  await trail.settled()
  assert.deepEqual(logged, ['audit records not stored yet'])
  gateway.fail = false
  mock.timers.tick(1_000)
  while (!logged.includes('audit records lost')) await Promise.resolve()
  await trail.settled()
  assert.equal(kept.length, 10_001)
  assert.deepEqual(
    kept.filter(({ action }) => action === null).map(({ requestId }) => requestId),
    Array.from({ length: 10_000 }, (_, i) => `req_${i}`),
  )
  const lost = kept.find(({ action }) => action === 'records.lost')
  assert.equal(lost?.count, 50)
})

test('the end stores what waits, the sums too, and says what could not be', async (t) => {
  const { trail, kept, logged } = newTrail(t)
  const stranger = { actor: { type: 'stranger', id: null, name: null } } as const
  for (let i = 0; i < 100; i++) call(trail, stranger).close({ status: 401, error: 'unauthorized' })
  await trail[Symbol.asyncDispose]()
  assert.equal(kept.length, 61)
  assert.equal(kept.at(-1)?.count, 40)
  trail.append(numbered(1))
  assert.deepEqual(logged, ['audit records lost'])
})

test('sums are recorded every minute', async (t) => {
  const { trail, kept } = newTrail(t)
  const stranger = { actor: { type: 'stranger', id: null, name: null } } as const
  for (let i = 0; i < 100; i++) call(trail, stranger).close({ status: 401, error: 'unauthorized' })
  mock.timers.tick(60_000)
  await trail.settled()
  assert.equal(kept.at(-1)?.count, 40)
})

test('a call leaves one record, of what it came to', async (t) => {
  const { trail, kept } = newTrail(t)
  const one = call(trail)
  one.counted(6_990)
  one.close({ status: 403, error: 'insufficient_scope' })
  one.close({ status: 499, error: null })
  await trail.settled()
  assert.deepEqual(kept, [
    { ...entryOf(), at: 7_000, status: 403, error: 'insufficient_scope', countedAt: 6_990 },
  ])
})

test('a turn that is stored has its record with it, and no other one', async (t) => {
  const { trail, kept, told } = newTrail(t)
  const one = call(trail)
  one.beginTurn()
  assert.deepEqual(one.entryOfTurn(used), { ...entryOf(), at: 7_000, usage: used })
  one.storedWithTurn()
  one.endTurn(used)
  one.close({ status: 200, error: null })
  await trail.settled()
  assert.deepEqual(kept, [])
  assert.equal(told(), 1)
})

test('a turn whose caller has left is recorded when it ends, with what it used', async (t) => {
  const { trail, kept } = newTrail(t)
  const one = call(trail)
  one.beginTurn()
  one.close({ status: 499, error: null })
  await trail.settled()
  assert.deepEqual(kept, [])
  one.endTurn(used)
  await trail.settled()
  assert.deepEqual(kept, [{ ...entryOf(), at: 7_000, status: 499, usage: used }])
})

test('a turn that could not be stored is recorded as what its caller was told', async (t) => {
  const { trail, kept } = newTrail(t)
  const one = call(trail)
  one.beginTurn()
  one.entryOfTurn(used)
  one.endTurn(used)
  one.close({ status: 500, error: 'internal_error' })
  await trail.settled()
  assert.deepEqual(kept, [{ ...entryOf(), at: 7_000, status: 500, error: 'internal_error', usage: used }])
})

test('what waits is written at once when a turn is stored, to share its commit', (t) => {
  const { trail, kept } = newTrail(t)
  trail.append(numbered(1))
  call(trail).entryOfTurn(used)
  assert.equal(kept.length, 1)
})
