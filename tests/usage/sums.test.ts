import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { getUsage } from '../../src/domain/usage/get-usage.ts'
import { moneyOf } from '../../src/domain/usage/money.ts'
import { parseUsageQuery } from '../../src/domain/usage/usage-query.ts'
import type { UsageRecord } from '../../src/domain/usage/usage-store.ts'
import { openTestStore } from '../support/domain-parts.ts'
import { withCode } from '../support/turns.ts'

const { store, close } = await openTestStore()
after(close)

const now = Date.parse('2026-11-23T10:00:00Z')
const cli = { type: 'cli' } as const
const { signal } = new AbortController()

function record(at: number, more: Partial<UsageRecord> = {}): UsageRecord {
  return {
    at,
    owner: 'tok_a',
    channel: 'api',
    provider: 'p',
    model: 'm',
    status: 'complete',
    requests: 1,
    inputTokens: 2,
    outputTokens: 3,
    cacheReadTokens: null,
    cacheWriteTokens: null,
    isEstimated: false,
    cost: moneyOf(0.1),
    estimatedCost: null,
    ...more,
  }
}

test('more records than one step takes add up to the last one, to the last place', async () => {
  const count = 45_000
  const from = Date.parse('2026-11-20T23:00:00Z')
  // Many in the same millisecond, so that steps must not lose or count twice what stands at their ends.
  const records = Array.from({ length: count }, (_, i) => record(from + Math.floor(i / 7)))
  for (let i = 0; i < count; i += 5_000) await store.usage.append({ records: records.slice(i, i + 5_000) })
  const rows = await getUsage(
    store.usage,
    cli,
    parseUsageQuery({ from: '2026-11-20', to: '2026-11-20' }, now),
    signal,
  )
  assert.deepEqual(rows, [
    {
      key: '2026-11-20',
      requests: count,
      inputTokens: 2 * count,
      outputTokens: 3 * count,
      cost: 4_500,
      estimatedCost: 0,
    },
  ])
  const [own] = await getUsage(
    store.usage,
    { type: 'token', token: { ...token, id: 'tok_a' } },
    parseUsageQuery({ groupBy: 'model' }, now),
    signal,
  )
  assert.deepEqual([own?.key, own?.requests, own?.cost], ['m', count, 4_500])
})

test('many in one and the same millisecond are one step', async () => {
  const at = Date.parse('2026-10-01T00:00:00Z')
  for (let i = 0; i < 5; i++) {
    await store.usage.append({
      records: Array.from({ length: 5_000 }, () => record(at, { cost: null, estimatedCost: 1n })),
    })
  }
  const query = parseUsageQuery({ from: '2026-10-01', to: '2026-10-02' }, now)
  const [row] = await getUsage(store.usage, cli, query, signal)
  assert.deepEqual([row?.requests, row?.estimatedCost], [25_000, 0.000000025])
})

test('costs beyond what a number holds are summed exactly', async () => {
  const at = Date.parse('2026-09-01T00:00:00Z')
  const cost = moneyOf(5_000_000) + 1n
  await store.usage.append({ records: [record(at, { cost }), record(at, { cost })] })
  const { groups } = await store.usage.sum({ from: at, to: at + 1, grouping: { by: 'day' } })
  assert.equal(groups[0]?.cost, 2n * cost)
})

test('days are in UTC, days and other groups stand in their order', async () => {
  const at = Date.parse('2026-08-01T23:59:59.999Z')
  const records = [
    record(at, { model: 'cheap', cost: moneyOf(1) }),
    record(at + 1, { model: 'dear', cost: moneyOf(2) }),
  ]
  await store.usage.append({ records })
  const window = { from: '2026-08-01', to: '2026-08-02' }
  const keys = async (groupBy: string) =>
    (await getUsage(store.usage, cli, parseUsageQuery({ ...window, groupBy }, now), signal)).map(
      ({ key }) => key,
    )
  assert.deepEqual(await keys('day'), ['2026-08-01', '2026-08-02'])
  assert.deepEqual(await keys('model'), ['dear', 'cheap'])
})

test('a message of a channel is grouped under its name', async () => {
  const at = Date.parse('2026-07-01T00:00:00Z')
  await store.usage.append({ records: [record(at, { owner: null, channel: 'telegram' })] })
  const query = parseUsageQuery({ from: '2026-07-01', to: '2026-07-01', groupBy: 'token' }, now)
  assert.deepEqual(
    (await getUsage(store.usage, cli, query, signal)).map(({ key }) => key),
    ['telegram'],
  )
})

test('without a time it is the last 30 days in UTC, today included', () => {
  assert.deepEqual(parseUsageQuery({}, now), {
    from: Date.parse('2026-10-25T00:00:00Z'),
    to: now + 1,
    grouping: { by: 'day' },
  })
  const { from, to } = parseUsageQuery({ from: '2026-11-01', to: '2026-11-01' }, now)
  assert.deepEqual([from, to], [Date.parse('2026-11-01T00:00:00Z'), Date.parse('2026-11-02T00:00:00Z')])
  assert.equal(parseUsageQuery({ from: '7d' }, now).from, now - 7 * 86_400_000)
})

test('what cannot be asked is refused with what is expected', () => {
  for (const words of [
    { from: 'yesterday' },
    { from: '2026-02-30' },
    { from: '2026-13-01' },
    { to: '20261101' },
    { from: '2026-11-02', to: '2026-11-01' },
    { from: '2026-11-24' },
    { groupBy: 'metadata.' },
    { groupBy: 'metadata' },
    { groupBy: 'DAY' },
    { groupBy: `metadata.${'x'.repeat(65)}` },
  ]) {
    assert.throws(() => parseUsageQuery(words, now), withCode('invalid_request'), JSON.stringify(words))
  }
})

test('more groups than anybody reads are refused, not sent', async () => {
  const at = Date.parse('2026-06-01T00:00:00Z')
  const records = Array.from({ length: 10_001 }, (_, i) => record(at, { metadata: { order: `o${i}` } }))
  await store.usage.append({ records })
  const query = parseUsageQuery({ from: '2026-06-01', to: '2026-06-01', groupBy: 'metadata.order' }, now)
  await assert.rejects(getUsage(store.usage, cli, query, signal), withCode('invalid_request'))
})

const token = {
  id: 'tok_a',
  name: 'a',
  scopes: ['read'],
  source: 'config',
  rateLimit: null,
  allowedIps: null,
  models: null,
  createdAt: 0,
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
  secrets: [],
} as const
