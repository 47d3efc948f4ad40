import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createProvider } from '../../src/providers/index.ts'
import { providerContract } from '../contracts/provider.ts'
import { anthropicDefaults, startAnthropicServer } from '../support/anthropic-server.ts'
import { codeOf, collect, turnOf } from '../support/provider-collect.ts'

const { apiKey } = anthropicDefaults
const signal = new AbortController().signal

describe('anthropic-messages keeps the provider contract', () => {
  providerContract({
    api: 'anthropic-messages',
    apiKey: anthropicDefaults.apiKey,
    startServer: () => startAnthropicServer(),
    model: 'claude-sonnet-4-5',
    modelWithoutTemperature: 'claude-opus-4-7',
    smallModel: 'claude-next',
    finishReasons: {
      end_turn: 'stop',
      stop_sequence: 'stop',
      max_tokens: 'length',
      model_context_window_exceeded: 'length',
      pause_turn: 'length',
      tool_use: 'tool_calls',
      refusal: 'refusal',
    },
    errorBody: (type, message) => ({ type: 'error', error: { type, message }, request_id: 'req_1' }),
    modelIds: ['claude-sonnet-4-5', 'claude-opus-4-7', 'claude-next'],
  })
})

describe('anthropic-messages', () => {
  it('sends the version and the key in the headers of the API', async () => {
    await using server = await startAnthropicServer()
    const provider = createProvider({
      name: 'a',
      api: 'anthropic-messages',
      baseUrl: `${server.url}/v1/`,
      apiKey,
    })
    await collect(provider.stream(turnOf('claude-sonnet-4-5', true), signal))
    const { path, headers } = await server.request(0)
    assert.equal(path, '/v1/messages')
    assert.equal(headers['anthropic-version'], '2023-06-01')
    assert.equal(headers['x-api-key'], apiKey)
    assert.equal(headers.authorization, undefined)
    await provider.close()
  })

  it('demands as many tokens as the model has, from whoever tells, and 4096 where nobody does', async () => {
    const models = [{ id: 'claude-sonnet-4-5' }, { id: 'listed', maxTokens: 777 }, { id: 'unheard-of' }]
    await using server = await startAnthropicServer({ models })
    const maxTokensOf = async (model: string, configured?: readonly { id: string; maxTokens: number }[]) => {
      const settings = { name: 'a', api: 'anthropic-messages', baseUrl: server.url, apiKey } as const
      const provider = createProvider({ ...settings, ...(configured ? { models: configured } : {}) })
      await provider.models(signal)
      const { error } = await collect(provider.stream(turnOf(model, true), signal))
      assert.ifError(error)
      await provider.close()
      const body = server.requests.at(-1)?.body
      return typeof body === 'object' && body !== null && 'max_tokens' in body ? body.max_tokens : undefined
    }
    assert.equal(await maxTokensOf('claude-sonnet-4-5'), 64_000)
    assert.equal(await maxTokensOf('listed'), 777)
    assert.equal(await maxTokensOf('unheard-of'), 4096)
    assert.equal(await maxTokensOf('unheard-of', [{ id: 'unheard-of', maxTokens: 99 }]), 99)
  })

  it('lists all pages of models with their limits', async () => {
    const models = Array.from({ length: 2500 }, (_, i) => ({
      id: `model-${i}`,
      contextWindow: i + 1,
      maxTokens: 2,
    }))
    await using server = await startAnthropicServer({ models })
    const provider = createProvider({ name: 'a', api: 'anthropic-messages', baseUrl: server.url, apiKey })
    const listed = await provider.models(signal)
    assert.equal(listed.length, 2500)
    assert.deepEqual(listed.at(-1), {
      id: 'model-2499',
      name: 'model 2499',
      contextWindow: 2500,
      maxOutputTokens: 2,
    })
    assert.equal(server.requests.length, 3)
    await provider.close()
  })

  it('blank text is the caller’s to mend', async () => {
    await using server = await startAnthropicServer()
    const provider = createProvider({ name: 'a', api: 'anthropic-messages', baseUrl: server.url, apiKey })
    const blank = turnOf('claude-sonnet-4-5', true, { messages: [{ role: 'user', content: ' ' }] })
    assert.equal(codeOf(await collect(provider.stream(blank, signal))), 'invalid_request')
    await provider.close()
  })
})
