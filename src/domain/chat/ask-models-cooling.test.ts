import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  newToken,
  openTestStore,
  partsOver,
  requestOf,
  type TestParts,
  type TestSettings,
} from '../../../tests/support/domain-parts.ts'
import { ScriptedProvider, saying } from '../../../tests/support/scripted-provider.ts'
import { eventOf, turnOf, withCode } from '../../../tests/support/turns.ts'
import { GatewayError } from '../errors.ts'
import { healthOf } from '../health/health.ts'
import { listModels } from '../models/list-models.ts'
import { ProviderFailure } from '../models/provider-failure.ts'

const { store, close } = await openTestStore()
after(close)

const broken = new GatewayError('provider_error', 'acme broke.')

test('after five failed turns a provider is skipped for 30 seconds, and then one turn tries it', async () => {
  const { acme, parts, modelOf } = over({ fallbacks: ['model-2'] })
  acme.script = () => fails(broken)
  for (let turn = 0; turn < 5; turn++) assert.equal(await modelOf(), 'model-2')
  assert.equal(acme.asked.length, 5)
  parts.clock.ms += 29_999
  assert.equal(await modelOf(), 'model-2')
  assert.equal(acme.asked.length, 5)

  parts.clock.ms += 1
  const answer = Promise.withResolvers<void>()
  acme.script = async function* () {
    await answer.promise
    yield* saying('Hello.')
  }
  const trying = modelOf()
  while (acme.asked.length < 6) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(await modelOf(), 'model-2')
  answer.resolve()
  assert.equal(await trying, 'model-1')
  acme.script = () => saying('Hello.')
  assert.deepEqual(await Promise.all([modelOf(), modelOf()]), ['model-1', 'model-1'])
  assert.equal(acme.asked.length, 8)
})

test('a turn counts once, however often it asked', async () => {
  const { acme, modelOf } = over({ retries: 2, fallbacks: ['model-1b', 'model-2'] })
  acme.script = () => fails(new GatewayError('provider_unavailable', 'acme is busy.'))
  for (let turn = 0; turn < 7; turn++) await modelOf()
  assert.equal(acme.asked.length, 30)
})

test('the cool-down that a turn begins does not cut its own attempts short', async () => {
  const { acme, backup, modelOf } = over({ fallbacks: ['model-1b', 'model-2'] })
  acme.script = () => fails(broken)
  for (let turn = 0; turn < 4; turn++) assert.equal(await modelOf(), 'model-2')
  acme.script = (turn) => (turn.model === 'model-1' ? fails(broken) : saying('Hello.'))
  assert.equal(await modelOf(), 'model-1b')
  assert.equal(backup.asked.length, 4)
})

test('without a fallback a provider that cools down is asked all the same, with its retries', async () => {
  const { acme, modelOf } = over({ retries: 1 })
  acme.script = () => fails(new GatewayError('provider_unavailable', 'acme is busy.'))
  for (let turn = 0; turn < 6; turn++) await assert.rejects(modelOf(), withCode('provider_unavailable'))
  assert.equal(acme.asked.length, 12)
  acme.script = () => saying('Hello.')
  assert.equal(await modelOf(), 'model-1')
})

test('where every other model fails, one that cools down is asked once before the turn fails', async () => {
  const { acme, backup, modelOf } = over({ retries: 1, fallbacks: ['model-2'] })
  acme.script = () => fails(broken)
  for (let turn = 0; turn < 5; turn++) await modelOf()
  backup.script = () => fails(broken)
  const before = acme.asked.length
  acme.script = () => fails(new GatewayError('provider_unavailable', 'acme is busy.'))
  await assert.rejects(modelOf(), withCode('provider_unavailable'))
  assert.equal(acme.asked.length, before + 1)
  acme.script = () => saying('Hello.')
  assert.equal(await modelOf(), 'model-1')
})

test('what the caller did wrong, and a caller that left, count against nobody', async () => {
  const { acme, parts, modelOf } = over()
  for (const error of [
    new GatewayError('invalid_request', 'acme does not take this content.'),
    new GatewayError('model_not_found', 'acme has no such model.'),
    new ProviderFailure('provider_error', 'acme refused the request (400).', {
      next: 'elsewhere',
      reason: '400',
      counts: false,
    }),
  ]) {
    acme.script = () => fails(error)
    for (let turn = 0; turn < 6; turn++) await assert.rejects(modelOf(), withCode(error.code))
  }
  acme.script = async function* (_turn, signal) {
    yield { type: 'text', text: 'Hel' }
    yield await new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason)),
    )
  }
  for (let turn = 0; turn < 6; turn++) {
    const caller = new AbortController()
    const running = turnOf(requestOf(parts, newToken(), caller.signal))
    while (acme.running === 0) await new Promise((resolve) => setImmediate(resolve))
    caller.abort(new Error('the caller left'))
    await assert.rejects(running)
  }
  assert.equal(parts.models.health.standing(acme, parts.clock.monotonic()), 'well')
})

test('an answer that breaks off counts, and one that comes to its end ends the count', async () => {
  const { acme, parts, modelOf } = over()
  const standing = (): string => parts.models.health.standing(acme, parts.clock.monotonic())
  const breaking = async function* () {
    yield { type: 'text', text: 'Hel' } as const
    throw broken
  }
  for (const turns of [4, 5]) {
    acme.script = breaking
    for (let turn = 0; turn < turns; turn++) await assert.rejects(modelOf(), withCode('provider_error'))
    assert.equal(standing(), turns === 5 ? 'cooling' : 'well')
    acme.script = () => saying('Hello.')
    await modelOf()
    assert.equal(standing(), 'well')
  }
})

test('a try that its caller leaves lets the next turn try', async () => {
  const { acme, parts, modelOf } = over({ fallbacks: ['model-2'] })
  acme.script = () => fails(broken)
  for (let turn = 0; turn < 5; turn++) await modelOf()
  parts.clock.ms += 30_000
  const caller = new AbortController()
  acme.script = async function* (_turn, signal) {
    yield await new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason)),
    )
  }
  const leaving = turnOf(requestOf(parts, newToken(), caller.signal))
  while (acme.running === 0) await new Promise((resolve) => setImmediate(resolve))
  caller.abort(new Error('the caller left'))
  await assert.rejects(leaving)
  acme.script = () => saying('Hello.')
  assert.equal(await modelOf(), 'model-1')
})

test('the list of models and the health show who cools down', async () => {
  const { acme, parts, modelOf } = over({ fallbacks: ['model-2'] })
  acme.script = () => fails(broken)
  for (let turn = 0; turn < 5; turn++) await modelOf()
  const available = (): readonly unknown[] => listModels(parts).map((row) => [row.id, row.available])
  assert.deepEqual(available(), [
    ['model-1', false],
    ['model-1b', false],
    ['model-2', true],
  ])
  const { models, status } = healthOf(parts, {
    delayP99Ms: 0,
    memory: { rss: 0, heapUsed: 0 },
    webhookEndpoints: 0,
  })
  assert.equal(status, 'degraded')
  assert.match(models.sentence ?? '', /acme failed 5 turns in a row/)
  assert.deepEqual(
    models.providers.map((provider) => provider.status),
    ['cooling', 'ok'],
  )
  parts.clock.ms += 30_000
  assert.deepEqual(available()[0], ['model-1', true])
})

interface Over {
  readonly acme: ScriptedProvider
  readonly backup: ScriptedProvider
  readonly parts: TestParts
  /** Runs a turn and resolves to who answered. */
  readonly modelOf: () => Promise<string>
}

/** Two providers: `acme` has model-1, the default, and model-1b; `backup` has model-2. */
function over(settings: TestSettings = {}): Over {
  const acme = new ScriptedProvider('acme', ['model-1', 'model-1b'])
  const backup = new ScriptedProvider('backup', ['model-2'])
  const parts = partsOver(store, [acme, backup], settings)
  return {
    acme,
    backup,
    parts,
    modelOf: async () => eventOf(await turnOf(requestOf(parts, newToken())), 'done').model,
  }
}

async function* fails(error: Error): AsyncGenerator<never, void, undefined> {
  yield await Promise.reject<never>(error)
}
