import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { anthropicDefaults, startAnthropicServer } from '../support/anthropic-server.ts'
import { eventually } from '../support/eventually.ts'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { framesOf } from '../support/sse-frames.ts'
import { useGateway } from '../support/use-gateway.ts'

const retired = 'claude-sonnet-4-20250514'
let openAi: ProviderServer
let anthropic: ProviderServer
const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  openAi = stack.use(await startOpenAiServer())
  anthropic = stack.use(await startAnthropicServer())
  gateway = await useGateway(stack, {
    config: {
      models: {
        default: 'gpt-4o-mini',
        aliases: { fast: 'gpt-4o-mini', smart: 'claudes/claude-opus-4-7', dangling: 'no-such-model' },
        providers: {
          gpts: { api: 'openai-completions', baseUrl: openAi.url, apiKey: openAiDefaults.apiKey },
          claudes: { api: 'anthropic-messages', baseUrl: anthropic.url, apiKey: anthropicDefaults.apiKey },
        },
      },
    },
  })
})
after(() => stack.disposeAsync())

async function answered(
  model: unknown,
  on: RunningGateway = gateway,
): Promise<readonly [unknown, string | null]> {
  const reply = await on.call('POST', '/api/v1/chat', { message: 'Hello', model })
  const body: unknown = await reply.json()
  assert.equal(reply.status, 200, JSON.stringify(body))
  return [at(body, 'model'), reply.headers.get('x-openclaw-model-alias')]
}

async function rowsOf(on: RunningGateway): Promise<readonly unknown[]> {
  return listAt(await (await on.call('GET', '/api/v1/models')).json(), 'data')
}

/** Starts a gateway for one test. */
async function withGateway(
  models: Readonly<Record<string, unknown>>,
  run: (on: RunningGateway) => Promise<void>,
): Promise<void> {
  await using own = new AsyncDisposableStack()
  await run(await useGateway(own, { config: { models } }))
}

test('the list names the models of every provider, exactly one of them the default', async () => {
  const rows = await rowsOf(gateway)
  assert.deepEqual(rows.map((row) => `${at(row, 'provider')}/${at(row, 'id')}`).sort(), [
    'claudes/claude-next',
    'claudes/claude-opus-4-7',
    'claudes/claude-sonnet-4-5',
    'demo/demo',
    'gpts/gpt-4o-mini',
    'gpts/next-model',
    'gpts/o4-mini',
  ])
  assert.deepEqual(
    rows.filter((row) => at(row, 'default') === true).map((row) => at(row, 'id')),
    ['gpt-4o-mini'],
  )
  assert.ok(rows.every((row) => at(row, 'available') === true))
})

test('without a model the default answers', async () => {
  assert.deepEqual(await answered(undefined), ['gpt-4o-mini', null])
})

test('a model is asked for by its bare id or as provider/id', async () => {
  assert.deepEqual(await answered('o4-mini'), ['o4-mini', null])
  assert.deepEqual(await answered('gpts/o4-mini'), ['o4-mini', null])
  assert.deepEqual(await answered('claudes/claude-sonnet-4-5'), ['claude-sonnet-4-5', null])
  assert.equal(at(anthropic.requests.at(-1)?.body, 'model'), 'claude-sonnet-4-5')
})

test('an alias of the config leads to its target, and the header says what was asked', async () => {
  assert.deepEqual(await answered('fast'), ['gpt-4o-mini', 'fast'])
  assert.deepEqual(await answered('smart'), ['claude-opus-4-7', 'smart'])
  assert.equal(at(anthropic.requests.at(-1)?.body, 'model'), 'claude-opus-4-7')
})

test('an alias that leads nowhere is 404', async () => {
  await expectError(
    await gateway.call('POST', '/api/v1/chat', { message: 'x', model: 'dangling' }),
    404,
    'model_not_found',
  )
})

test('a stream says the alias in its header, and who answers in its start', async () => {
  const reply = await gateway.call('POST', '/api/v1/chat/stream', { message: 'Hello', model: 'fast' })
  assert.equal(reply.headers.get('x-openclaw-model-alias'), 'fast')
  assert.equal(at(framesOf(await reply.text())[0]?.data, 'model'), 'gpt-4o-mini')
})

test('a retired id goes to the default where no provider has its successor, with one line in the log', async () => {
  assert.deepEqual(await answered(retired), ['gpt-4o-mini', retired])
  assert.deepEqual(await answered(`anthropic/${retired}`), ['gpt-4o-mini', `anthropic/${retired}`])
  const lines = await eventually('both requests in the log', () => {
    const all = gateway.output().split('\n')
    return all.some((line) => line.includes(`asked=anthropic/${retired}`)) ? all : undefined
  })
  assert.equal(lines.filter((line) => line.includes('alias') && line.includes(`asked=${retired}`)).length, 1)
})

test('a retired id goes to the demo model where nothing else is configured', async () => {
  await withGateway({}, async (own) => {
    assert.deepEqual(await answered(retired, own), ['demo', retired])
  })
})

test("a retired id goes to its successor where a provider lists that, and a config's alias comes before", async () => {
  const models = [{ id: 'other', created: 2_000_000_000 }, { id: 'gpt-5.6-terra' }]
  await using server = await startOpenAiServer({ models })
  const providers = {
    gpts: { api: 'openai-completions', baseUrl: server.url, apiKey: openAiDefaults.apiKey },
  }
  await withGateway({ providers, aliases: { 'o4-mini': 'other' } }, async (own) => {
    assert.deepEqual(await answered('gpt-3.5-turbo', own), ['gpt-5.6-terra', 'gpt-3.5-turbo'])
    assert.deepEqual(await answered('o4-mini', own), ['other', 'o4-mini'])
  })
})

test('a provider whose config lists the retired id itself is asked for it', async () => {
  await using server = await startOpenAiServer({ models: [{ id: retired }, { id: 'claude-sonnet-4-6' }] })
  const provider = { api: 'openai-completions', baseUrl: server.url, apiKey: openAiDefaults.apiKey }
  await withGateway({ providers: { old: { ...provider, models: [{ id: retired }] } } }, async (own) => {
    assert.deepEqual(await answered(retired, own), [retired, null])
    assert.equal(at(server.requests.at(-1)?.body, 'model'), retired)
  })
})

test('an unknown model is 404 and names up to ten that there are', async () => {
  for (const model of [
    'gpt-4o-min',
    'nope/gpt-4o-mini',
    'gpts/',
    '/',
    'GPT-4O-MINI',
    '__proto__',
    'constructor',
  ]) {
    const body = await expectError(
      await gateway.call('POST', '/api/v1/chat', { message: 'x', model }),
      404,
      'model_not_found',
    )
    assert.ok(textAt(body, 'message').includes('gpt-4o-mini'), model)
  }
  const models = Array.from({ length: 13 }, (_, i) => ({ id: `model-${i}` }))
  await using server = await startOpenAiServer({ models })
  const providers = {
    many: { api: 'openai-completions', baseUrl: server.url, apiKey: openAiDefaults.apiKey },
  }
  await withGateway({ providers }, async (own) => {
    for (const path of ['/api/v1/chat', '/api/v1/chat/stream']) {
      const reply = await own.call('POST', path, { message: 'x', model: 'model' })
      const body = await expectError(reply, 404, 'model_not_found')
      assert.equal(listAt(body, 'details', 'available').length, 10)
      assert.equal(textAt(body, 'message').match(/model-\d+/g)?.length, 10)
    }
  })
})

test('the limits of a configured model are listed and hold', async () => {
  const provider = { api: 'openai-completions', baseUrl: openAi.url, apiKey: openAiDefaults.apiKey }
  const model = { id: 'gpt-4o-mini', name: 'Mini', contextWindow: 9000, maxTokens: 300 }
  await withGateway({ providers: { gpts: { ...provider, models: [model] } } }, async (own) => {
    const [row] = await rowsOf(own)
    assert.deepEqual(row, {
      id: 'gpt-4o-mini',
      provider: 'gpts',
      name: 'Mini',
      contextWindow: 9000,
      maxOutputTokens: 300,
      available: true,
      default: true,
    })
    const reply = await own.call('POST', '/api/v1/chat', { message: 'x', maxTokens: 301 })
    await expectError(reply, 400, 'invalid_request')
  })
})

test('a provider that cannot be asked is said to be so, and the demo model does not stand in for it', async () => {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const address = free.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  free.close()
  const providers = {
    dead: { api: 'openai-completions', baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: 'k' },
  }
  await withGateway({ providers }, async (own) => {
    for (const path of ['/api/v1/chat', '/api/v1/chat/stream']) {
      const body = await expectError(
        await own.call('POST', path, { message: 'Hello' }),
        503,
        'provider_unavailable',
      )
      assert.match(textAt(body, 'message'), /\bdead\b/)
    }
    const rows = await rowsOf(own)
    assert.equal(rows.filter((row) => at(row, 'default') === true).length, 1)
    const health: unknown = await (await own.call('GET', '/health/detail')).json()
    assert.equal(at(health, 'models', 'status'), 'degraded')
  })
})

for (const config of [
  {},
  { default: 'claude-sonnet-4-5' },
  { default: 'claudes/claude-sonnet-4-5' },
  { default: retired },
]) {
  test(`a key that the provider refuses is 502 and no unknown model, with ${JSON.stringify(config)}`, async () => {
    const providers = {
      claudes: { api: 'anthropic-messages', baseUrl: anthropic.url, apiKey: 'sk-ant-wrong-000000' },
    }
    await withGateway({ providers, retries: 0, ...config }, async (own) => {
      for (const path of ['/api/v1/chat', '/api/v1/chat/stream', '/v1/messages']) {
        const asked = path.startsWith('/api')
          ? { message: 'Hello' }
          : { model: 'claude-sonnet-4-5', max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }] }
        const reply = await own.call('POST', path, asked)
        const text = await reply.text()
        assert.equal(reply.status, 502, text)
        assert.match(text, /claudes refuses our key \(401\)/)
        assert.doesNotMatch(text, /sk-ant/)
      }
      const rows = await rowsOf(own)
      if (!('default' in config)) return
      assert.deepEqual(
        rows.map((row) => [at(row, 'provider'), at(row, 'available'), at(row, 'default')]),
        [
          ['claudes', false, true],
          ['demo', true, false],
        ],
      )
    })
  })
}

test('where the provider of the default cannot be asked for its models, the fallback answers', async () => {
  const providers = {
    claudes: { api: 'anthropic-messages', baseUrl: anthropic.url, apiKey: 'sk-ant-wrong-000000' },
    gpts: { api: 'openai-completions', baseUrl: openAi.url, apiKey: openAiDefaults.apiKey },
  }
  const models = { providers, default: 'claude-sonnet-4-5', fallbacks: ['gpt-4o-mini'] }
  await withGateway(models, async (own) => {
    const reply = await own.call('POST', '/api/v1/chat', { message: 'Hello' })
    assert.equal(at(await reply.json(), 'model'), 'gpt-4o-mini')
  })
})

test('a default that no provider lists is said to be a mistake of the config', async () => {
  const providers = {
    gpts: { api: 'openai-completions', baseUrl: openAi.url, apiKey: openAiDefaults.apiKey },
  }
  await withGateway({ providers, default: 'gpt-4o-maxi' }, async (own) => {
    const body = await expectError(
      await own.call('POST', '/api/v1/chat', { message: 'Hello' }),
      404,
      'model_not_found',
    )
    assert.match(textAt(body, 'message'), /models\.default is "gpt-4o-maxi", which no provider lists/)
  })
})
