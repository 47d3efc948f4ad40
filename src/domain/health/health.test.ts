import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTestStore, partsOver } from '../../../tests/support/domain-parts.ts'
import { ScriptedProvider } from '../../../tests/support/scripted-provider.ts'
import { GatewayError } from '../errors.ts'
import type { StoreHealth } from '../store.ts'
import { healthOf, type Probes } from './health.ts'

const { store, close } = await openTestStore()
after(close)

const well: Probes = { delayP99Ms: 1, memory: { rss: 90_000_000, heapUsed: 40_000_000 }, webhookEndpoints: 2 }

test('a gateway whose parts are well is ok, and asking for it asks nobody', () => {
  const acme = new ScriptedProvider('acme', ['small'])
  const health = healthOf(partsOver(store, [acme]), well)
  assert.equal(health.status, 'ok')
  assert.deepEqual(health.models, {
    status: 'ok',
    providers: [{ name: 'acme', status: 'unknown', models: 0 }],
  })
  assert.deepEqual(health.store, { status: 'ok', engine: 'sqlite', queued: 0 })
  assert.deepEqual(health.webhooks, { status: 'ok', endpoints: 2 })
  assert.equal(acme.listings, 0)
})

test('a provider that cannot be asked degrades the gateway, and says why', async () => {
  const acme = new ScriptedProvider('acme', ['small'])
  const shut = new ScriptedProvider('shut', [])
  shut.list = () => Promise.reject(new GatewayError('provider_error', 'shut refused its key.'))
  const parts = partsOver(store, [acme, shut])
  await parts.models.refresh()
  const health = healthOf(parts, well)
  assert.equal(health.status, 'degraded')
  assert.deepEqual(health.models, {
    status: 'degraded',
    sentence: 'shut refused its key.',
    providers: [
      { name: 'acme', status: 'ok', models: 1 },
      { name: 'shut', status: 'failed', models: 0, sentence: 'shut refused its key.' },
    ],
  })
})

test('a store in trouble, too much memory and a slow event loop each degrade the gateway with a sentence', () => {
  const parts = partsOver(store, [])
  const full: StoreHealth = { status: 'degraded', engine: 'sqlite', queued: 3, sentence: 'The disk is full.' }
  const troubled = { ...parts, store: { ...store, health: () => full } }
  assert.deepEqual(healthOf(troubled, well).store, full)
  assert.equal(healthOf(troubled, well).status, 'degraded')
  const large = healthOf(parts, { ...well, memory: { rss: 2 * 1024 ** 3, heapUsed: 1 } })
  assert.deepEqual(
    [large.status, large.memory.status, large.eventLoop.status],
    ['degraded', 'degraded', 'ok'],
  )
  assert.ok(large.memory.sentence)
  const slow = healthOf(parts, { ...well, delayP99Ms: 201 })
  assert.deepEqual([slow.status, slow.memory.status, slow.eventLoop.status], ['degraded', 'ok', 'degraded'])
  assert.ok(slow.eventLoop.sentence)
})
