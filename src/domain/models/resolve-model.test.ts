import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTestStore, partsOver } from '../../../tests/support/domain-parts.ts'
import { ScriptedProvider } from '../../../tests/support/scripted-provider.ts'
import { type ErrorCode, GatewayError } from '../errors.ts'
import type { ModelProvider } from './provider.ts'
import { resolveModel } from './resolve-model.ts'

const { store, close } = await openTestStore()
after(close)

const retired = 'claude-sonnet-4-20250514'
const successor = 'claude-sonnet-4-6'

test('a model is found by its bare id and by provider/id', async () => {
  const providers = [
    new ScriptedProvider('acme', ['small', 'large']),
    new ScriptedProvider('other', ['tiny']),
  ]
  assert.equal(await found(providers, 'large'), 'acme large')
  assert.equal(await found(providers, 'acme/large'), 'acme large')
  assert.equal(await found(providers, 'other/tiny'), 'other tiny')
  await assert.rejects(found(providers, 'other/large'), isUnknown)
})

test('an id with slashes of its own is found with and without its provider in front', async () => {
  const providers = [new ScriptedProvider('openrouter', ['anthropic/claude-sonnet-4.6', 'qwen/qwen3:free'])]
  assert.equal(
    await found(providers, 'anthropic/claude-sonnet-4.6'),
    'openrouter anthropic/claude-sonnet-4.6',
  )
  assert.equal(await found(providers, 'openrouter/qwen/qwen3:free'), 'openrouter qwen/qwen3:free')
  await assert.rejects(found(providers, 'claude-sonnet-4.6'), isUnknown)
})

test('of two providers with the same id the first one answers, unless the other is named', async () => {
  const providers = [new ScriptedProvider('first', ['shared']), new ScriptedProvider('second', ['shared'])]
  assert.equal(await found(providers, 'shared'), 'first shared')
  assert.equal(await found(providers, 'second/shared'), 'second shared')
})

test('a provider that is named answers, also where another one before it lists an id of that spelling', async () => {
  const providers = [
    new ScriptedProvider('openrouter', ['openai/gpt-5.2', 'openai/gpt-oss-20b']),
    new ScriptedProvider('openai', ['gpt-5.2']),
  ]
  assert.equal(await found(providers, 'openai/gpt-5.2'), 'openai gpt-5.2')
  assert.equal(await found(providers, 'openai/gpt-oss-20b'), 'openrouter openai/gpt-oss-20b')
})

test('an alias leads to what is meant, says so, and goes before a model of the same id', async () => {
  const providers = [new ScriptedProvider('acme', ['small', 'large', 'fast'])]
  const aliases = { fast: 'acme/small', [retired]: 'large', 'other/model': 'small' }
  assert.equal(await found(providers, 'fast', { aliases }), 'acme small for fast')
  assert.equal(await found(providers, retired, { aliases }), `acme large for ${retired}`)
  assert.equal(await found(providers, 'other/model', { aliases }), 'acme small for other/model')
})

test('an alias of a model that is not there is unknown under the name that was asked', async () => {
  const providers = [new ScriptedProvider('acme', ['small'])]
  await assert.rejects(found(providers, 'fast', { aliases: { fast: 'large' } }), (error) => {
    assert.ok(error instanceof GatewayError)
    assert.match(error.message, /"fast"/)
    return isUnknown(error)
  })
})

test('names that every object has are models like any other that is unknown', async () => {
  const providers = [new ScriptedProvider('acme', ['small'])]
  for (const asked of [
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '/',
    '',
    'acme/',
    '//',
  ]) {
    await assert.rejects(found(providers, asked), isUnknown, asked)
  }
})

test('a retired id goes to its successor where that is on offer', async () => {
  const providers = [new ScriptedProvider('acme', ['small']), new ScriptedProvider('anthropic', [successor])]
  assert.equal(await found(providers, retired), `anthropic ${successor} for ${retired}`)
  assert.equal(
    await found(providers, `anthropic/${retired}`),
    `anthropic ${successor} for anthropic/${retired}`,
  )
})

test('a retired id without its successor goes to the default, also where that is the demo', async () => {
  const acme = new ScriptedProvider('acme', ['small', 'large'])
  assert.equal(await found([acme], retired), `acme small for ${retired}`)
  assert.equal(await found([acme], retired, { default: 'acme/large' }), `acme large for ${retired}`)
  assert.equal(await found([new ScriptedProvider('demo', ['demo'])], retired), `demo demo for ${retired}`)
})

test('a provider that lists the retired id itself is asked for it, also where it was not asked for its list yet', async () => {
  const anthropic = new ScriptedProvider('anthropic', [successor])
  const proxy = new ScriptedProvider('proxy', [retired])
  assert.equal(await found([anthropic, proxy], retired), `proxy ${retired}`)
  const parts = partsOver(store, [anthropic])
  assert.equal(described(await resolveModel(parts, retired)), `anthropic ${successor} for ${retired}`)
  parts.models.replace([anthropic, proxy])
  assert.equal(described(await resolveModel(parts, retired)), `proxy ${retired}`)
})

test('a retired default goes to its successor, without an alias that nobody asked for', async () => {
  const providers = [new ScriptedProvider('acme', ['small']), new ScriptedProvider('anthropic', [successor])]
  assert.equal(await found(providers, undefined, { default: retired }), `anthropic ${successor}`)
  assert.equal(
    await found(providers, undefined, { default: 'usual', aliases: { usual: 'small' } }),
    'acme small',
  )
  await assert.rejects(found(providers.slice(0, 1), undefined, { default: retired }), isUnknown)
  await assert.rejects(found(providers.slice(0, 1), retired, { default: retired }), isUnknown)
})

test('without a name the configured default answers, else the first model on offer', async () => {
  const providers = [new ScriptedProvider('empty', []), new ScriptedProvider('acme', ['small', 'large'])]
  assert.equal(await found(providers, undefined), 'acme small')
  assert.equal(await found(providers, undefined, { default: 'large' }), 'acme large')
})

test('a default that is not there is unknown, and no other model takes its place', async () => {
  const providers = [new ScriptedProvider('acme', ['small'])]
  await assert.rejects(found(providers, undefined, { default: 'acme/huge' }), isUnknown)
})

test('an unknown id names ten models at most, and tells how many more there are', async () => {
  const ids = Array.from({ length: 25 }, (_, i) => `model-${i}`)
  const error = await found([new ScriptedProvider('acme', ids)], 'model-99').then(
    assert.fail,
    (reason) => reason,
  )
  assert.ok(error instanceof GatewayError)
  assert.equal(error.code, 'model_not_found')
  assert.deepEqual(error.details, { available: ids.slice(0, 10) })
  assert.match(error.message, /model-9, and 15 more/)
  assert.doesNotMatch(error.message, /model-10/)
})

test('of a provider that never told its models nobody says that it lacks what the config names: it is asked', async () => {
  const broken = failing('broken', new GatewayError('provider_error', 'broken refuses our key (401).'))
  const providers = [new ScriptedProvider('acme', ['small']), broken, failing('later', new Error('down'))]
  assert.equal(
    await found(providers, 'quick', { aliases: { quick: 'vendor/large' } }),
    'broken vendor/large for quick',
  )
  assert.equal(await found(providers, 'fast', { aliases: { fast: 'large' } }), 'broken large for fast')
  assert.equal(await found(providers, undefined, { default: 'large' }), 'broken large')
  assert.equal(await found(providers, 'small'), 'acme small')
  assert.equal(await found([broken], retired), `broken ${successor} for ${retired}`)
  // What a caller alone names could be anything.
  await assert.rejects(found(providers, 'large'), isUnknown)
  await assert.rejects(found(providers, 'vendor/large'), isUnknown)
  // This provider has told what it has.
  await assert.rejects(found(providers, 'acme/large'), isUnknown)
  await assert.rejects(found(providers, ''), isUnknown)
})

test('a provider that told its models once is named to who asks for an unknown one, with what is wrong with it now', async () => {
  const acme = new ScriptedProvider('acme', ['small'])
  const parts = partsOver(store, [acme])
  await parts.models.refresh()
  acme.list = () => Promise.reject(new GatewayError('provider_error', 'acme refuses our key (401).'))
  await assert.rejects(
    resolveModel(parts, 'small').then(() => resolveModel(parts, 'large')),
    isUnknown,
  )
  await parts.models.refresh()
  await assert.rejects(resolveModel(parts, 'large'), (error) => {
    assert.ok(error instanceof GatewayError)
    assert.match(error.message, /small\. acme refuses our key \(401\)\./)
    return isUnknown(error)
  })
  acme.list = () => Promise.reject(new TypeError('secret detail'))
  await assert.rejects(resolveModel(parts, 'large'), (error) => {
    assert.ok(error instanceof GatewayError)
    assert.doesNotMatch(error.message, /secret/)
    return isUnknown(error)
  })
})

test('a provider that cannot list its models is asked for what is named with it, by a caller, an alias or the default', async () => {
  const broken = failing('local', new GatewayError('provider_error', 'local has no list.'))
  const providers = [new ScriptedProvider('acme', ['small']), broken]
  assert.equal(await found(providers, 'local/llama/3'), 'local llama/3')
  assert.equal(await found(providers, 'fast', { aliases: { fast: 'local/llama' } }), 'local llama for fast')
  assert.equal(await found(providers, undefined, { default: 'local/llama' }), 'local llama')
  await assert.rejects(found(providers, 'local/'), isUnknown)
})

test('a provider that fails to list keeps the models it had', async () => {
  const acme = new ScriptedProvider('acme', ['small'])
  const parts = partsOver(store, [acme])
  await parts.models.refresh()
  acme.list = () => Promise.reject(new Error('down'))
  await parts.models.refresh()
  assert.equal(parts.models.listing('acme')?.status, 'failed')
  assert.equal(described(await resolveModel(parts, 'small')), 'acme small')
})

test('providers are listed on the first demand, once for all who ask at the same time, and not again', async () => {
  const acme = new ScriptedProvider('acme', ['small'])
  const parts = partsOver(store, [acme])
  await Promise.all(Array.from({ length: 10 }, () => resolveModel(parts, 'small')))
  assert.equal(acme.listings, 1)
  await assert.rejects(resolveModel(parts, 'large'), isUnknown)
  assert.equal(acme.listings, 1)
})

test('a provider that failed is asked again by the next who needs it, and found when it is back', async () => {
  const acme = failing('acme', new Error('down'))
  const parts = partsOver(store, [acme])
  await assert.rejects(resolveModel(parts, 'small'), hasCode('provider_unavailable'))
  acme.list = async () => [{ id: 'small', name: 'Small', contextWindow: null, maxOutputTokens: null }]
  assert.equal((await resolveModel(parts, 'small')).model.name, 'Small')
})

test('the demo model never stands in for providers that fail or list nothing', async () => {
  const demo = new ScriptedProvider('demo', ['demo'])
  const refused = failing('anthropic', new GatewayError('provider_error', 'anthropic refuses our key.'))
  const down = failing('acme', new GatewayError('provider_unavailable', 'acme cannot be reached.'))
  for (const [real, code] of [
    [[refused], 'provider_error'],
    [[down], 'provider_unavailable'],
    [[refused, down], 'provider_unavailable'],
    [[new ScriptedProvider('acme', [])], 'provider_unavailable'],
  ] as const) {
    const providers = [...real, demo]
    await assert.rejects(found(providers, undefined), (error) => {
      assert.ok(error instanceof GatewayError)
      assert.equal(error.code, code)
      assert.equal((error.retryAfterSeconds ?? 0) >= 1, code === 'provider_unavailable')
      return true
    })
    const [first] = real
    if (first === refused || first === down) {
      assert.equal(await found(providers, retired), `${first.name} ${successor} for ${retired}`)
      await assert.rejects(found(providers, 'large'), hasCode(code))
    } else for (const asked of [retired, 'large']) await assert.rejects(found(providers, asked), isUnknown)
    assert.equal(await found(providers, 'demo'), 'demo demo')
  }
})

test('where nothing answers, the reason of each provider is told', async () => {
  const down = failing('anthropic', new GatewayError('provider_error', 'anthropic refused its key.'))
  await assert.rejects(found([down, new ScriptedProvider('acme', [])], undefined), (error) => {
    assert.ok(error instanceof GatewayError)
    assert.match(error.message, /anthropic refused its key\./)
    assert.match(error.message, /acme lists no models\./)
    return true
  })
  await assert.rejects(found([], undefined))
})

function failing(name: string, error: Error): ScriptedProvider {
  const provider = new ScriptedProvider(name, [])
  provider.list = () => Promise.reject(error)
  return provider
}

/** Who answers, with providers that were not listed before. */
async function found(
  providers: readonly ModelProvider[],
  asked: string | undefined,
  settings: Parameters<typeof partsOver>[2] = {},
): Promise<string> {
  return described(await resolveModel(partsOver(store, providers, settings), asked))
}

function described({ provider, model, alias }: Awaited<ReturnType<typeof resolveModel>>): string {
  return `${provider.name} ${model.id}${alias === undefined ? '' : ` for ${alias}`}`
}

function isUnknown(error: unknown): boolean {
  return hasCode('model_not_found')(error)
}

function hasCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GatewayError, String(error))
    assert.equal(error.code, code)
    return true
  }
}
