import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createProvider, type ProviderSettings } from '../../src/providers/index.ts'
import { providerContract } from '../contracts/provider.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import { codeOf, collect, turnOf } from '../support/provider-collect.ts'
import type { ProviderServer } from '../support/provider-server.ts'

const { apiKey } = openAiDefaults
const signal = new AbortController().signal

function settingsOf(server: ProviderServer, rest: Partial<ProviderSettings> = {}): ProviderSettings {
  return { name: 'o', api: 'openai-completions', baseUrl: server.url, apiKey, ...rest }
}

describe('openai-completions keeps the provider contract', () => {
  providerContract({
    api: 'openai-completions',
    apiKey: openAiDefaults.apiKey,
    startServer: () => startOpenAiServer(),
    model: 'gpt-4o-mini',
    modelWithoutTemperature: 'o4-mini',
    smallModel: 'next-model',
    finishReasons: {
      stop: 'stop',
      length: 'length',
      content_filter: 'refusal',
      tool_calls: 'tool_calls',
      function_call: 'tool_calls',
    },
    errorBody: (type, message) => ({ error: { type, message, param: null, code: null } }),
    modelIds: ['next-model', 'o4-mini', 'gpt-4o-mini'],
  })
})

describe('openai-completions', () => {
  it('sends the key as a bearer, and none where there is none', async () => {
    await using server = await startOpenAiServer({ apiKey: null })
    for (const provider of [
      createProvider(settingsOf(server)),
      createProvider(settingsOf(server, { apiKey: [] })),
    ]) {
      const { error } = await collect(provider.stream(turnOf('gpt-4o-mini', true), signal))
      assert.ifError(error)
      await provider.close()
    }
    assert.equal((await server.request(0)).headers.authorization, `Bearer ${apiKey}`)
    assert.equal((await server.request(1)).headers.authorization, undefined)
  })

  it('a server that does not know stream_options is asked again without, and says its usage or not', async () => {
    await using server = await startOpenAiServer({ refusesStreamOptions: true })
    const provider = createProvider(settingsOf(server))
    const { error, pieces, finish } = await collect(provider.stream(turnOf('gpt-4o-mini', true), signal))
    assert.ifError(error)
    assert.equal(pieces.length, 4)
    assert.deepEqual(finish, { finishReason: 'stop', model: 'gpt-4o-mini' })
    assert.equal(server.requests.length, 2)
    await provider.close()
  })

  it('a model that wants its limit in the other field gets it there', async () => {
    await using server = await startOpenAiServer()
    const provider = createProvider(settingsOf(server))
    const { error } = await collect(provider.stream(turnOf('o4-mini', true, { maxTokens: 9 }), signal))
    assert.ifError(error)
    assert.partialDeepStrictEqual((await server.request(0)).body, { max_tokens: 9 })
    assert.partialDeepStrictEqual((await server.request(1)).body, { max_completion_tokens: 9 })
    assert.equal(server.requests.length, 2)
    await provider.close()
  })

  it('a server that refuses for ever is not asked for ever', async () => {
    await using server = await startOpenAiServer()
    server.behave = () => ({
      reply: {
        status: 400,
        body: { error: { message: 'temperature stream_options max_completion_tokens' } },
      },
    })
    const provider = createProvider(settingsOf(server))
    const turn = turnOf('gpt-4o-mini', true, { maxTokens: 9, temperature: 1 })
    assert.equal(codeOf(await collect(provider.stream(turn, signal))), 'provider_error')
    assert.equal(server.requests.length, 4)
    await provider.close()
  })

  it('reads the limits of models where OpenRouter and vLLM put them', async () => {
    const rows: readonly (readonly [fields: Record<string, unknown>, told: Record<string, unknown>])[] = [
      [
        { context_length: 10, top_provider: { max_completion_tokens: 5 }, name: 'A model' },
        { contextWindow: 10, maxOutputTokens: 5, name: 'A model' },
      ],
      [{ max_model_len: 10 }, { contextWindow: 10, maxOutputTokens: null, name: 'x/y' }],
      [{}, { contextWindow: null, maxOutputTokens: null }],
    ]
    for (const [modelFields, told] of rows) {
      await using server = await startOpenAiServer({ models: [{ id: 'x/y' }], modelFields })
      const provider = createProvider(settingsOf(server))
      assert.partialDeepStrictEqual(await provider.models(signal), [{ id: 'x/y', ...told }])
      await provider.close()
    }
  })

  it('an address that lists no models is an error, not an empty list', async () => {
    await using server = await startOpenAiServer()
    server.behave = () => ({ reply: { status: 200, body: {} } })
    const provider = createProvider(settingsOf(server, { baseUrl: server.url.replace(/v1$/, '') }))
    await assert.rejects(provider.models(signal), { code: 'provider_error', message: /404.*baseUrl/ })
    await provider.close()
  })

  it('keeps the query of its root, as Azure has one', async () => {
    await using server = await startOpenAiServer()
    const provider = createProvider(settingsOf(server, { baseUrl: `${server.url}/?api-version=2026-01-01` }))
    const { error } = await collect(provider.stream(turnOf('gpt-4o-mini', false), signal))
    assert.ifError(error)
    assert.equal((await server.request(0)).path, '/v1/chat/completions?api-version=2026-01-01')
    await provider.close()
  })
})
