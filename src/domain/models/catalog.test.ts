import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedProvider } from '../../../tests/support/scripted-provider.ts'
import { GatewayError } from '../errors.ts'
import { ModelCatalog } from './catalog.ts'

const small = { id: 'small', name: 'Small', contextWindow: null, maxOutputTokens: null }

test('a provider is unknown until it was asked, then ok or failed with a sentence that may be shown', async () => {
  const acme = new ScriptedProvider('acme', ['small'])
  const shut = new ScriptedProvider('shut', [])
  shut.list = () => Promise.reject(new GatewayError('provider_error', 'shut refused its key.'))
  const rude = new ScriptedProvider('rude', [])
  rude.list = () => {
    throw new TypeError('secret detail')
  }
  const catalog = new ModelCatalog([acme, shut, rude])
  assert.deepEqual(stateOf(catalog), ['acme unknown', 'shut unknown', 'rude unknown'])
  await catalog.refresh()
  assert.deepEqual(stateOf(catalog), [
    'acme ok',
    'shut failed shut refused its key.',
    'rude failed The models of rude could not be listed within 5 seconds.',
  ])
})

test('who asks while the providers are being asked waits for the same answer', async () => {
  const acme = new ScriptedProvider('acme', ['small'])
  const catalog = new ModelCatalog([acme])
  await Promise.all([catalog.refresh(), catalog.refresh(), catalog.refresh()])
  assert.equal(acme.listings, 1)
  await catalog.refresh()
  assert.equal(acme.listings, 2)
})

test('a provider is given a signal that ends its listing', async () => {
  const acme = new ScriptedProvider('acme', ['small'])
  let given: AbortSignal | undefined
  acme.list = async (signal) => {
    given = signal
    return [small]
  }
  await new ModelCatalog([acme]).refresh()
  assert.ok(given instanceof AbortSignal)
})

test('a provider that stays when others come keeps its list, and the new ones are unknown', async () => {
  const acme = new ScriptedProvider('acme', ['small'])
  const catalog = new ModelCatalog([acme, new ScriptedProvider('old', ['gone'])])
  await catalog.refresh()
  catalog.replace([new ScriptedProvider('new', ['fresh']), acme])
  assert.deepEqual(stateOf(catalog), ['new unknown', 'acme ok'])
  assert.equal(catalog.find('small')?.provider, acme)
  assert.equal(catalog.find('gone'), undefined)
})

test('what a replaced provider says at last does not count', async () => {
  const listing = Promise.withResolvers<readonly (typeof small)[]>()
  const before = new ScriptedProvider('acme', [])
  before.list = () => listing.promise
  const catalog = new ModelCatalog([before])
  const refreshed = catalog.refresh()
  catalog.replace([new ScriptedProvider('acme', ['large'])])
  listing.resolve([small])
  await refreshed
  assert.deepEqual(stateOf(catalog), ['acme unknown'])
})

test('who asks after the providers were replaced does not wait for the old ones, but has the new ones asked', async () => {
  const listing = Promise.withResolvers<readonly (typeof small)[]>()
  const before = new ScriptedProvider('acme', [])
  before.list = () => listing.promise
  const catalog = new ModelCatalog([before])
  const old = catalog.refresh()
  const after = new ScriptedProvider('acme', ['large'])
  catalog.replace([after])
  const fresh = catalog.refresh()
  await fresh
  assert.equal(catalog.find('large')?.provider, after)
  const again = Promise.withResolvers<readonly (typeof small)[]>()
  after.list = () => again.promise
  const later = catalog.refresh()
  listing.resolve([small])
  await old
  assert.equal(catalog.find('large')?.provider, after)
  const joined = catalog.refresh()
  again.resolve([small])
  await Promise.all([later, joined])
  assert.equal(after.listings, 2)
})

function stateOf(catalog: ModelCatalog): readonly string[] {
  return catalog
    .listings()
    .map(({ provider, status, sentence }) => [provider.name, status, sentence].filter(Boolean).join(' '))
}
