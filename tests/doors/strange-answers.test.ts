import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { anthropicDefaults, startAnthropicServer } from '../support/anthropic-server.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let openAiModel: ProviderServer

before(async () => {
  openAiModel = stack.use(await startOpenAiServer())
  const anthropicModel = stack.use(await startAnthropicServer())
  gateway = await useGateway(stack, {
    config: {
      models: {
        default: 'gpt-4o-mini',
        retries: 0,
        providers: {
          one: { api: 'openai-completions', baseUrl: openAiModel.url, apiKey: openAiDefaults.apiKey },
          two: { api: 'anthropic-messages', baseUrl: anthropicModel.url, apiKey: anthropicDefaults.apiKey },
        },
      },
    },
  })
})
after(() => stack.disposeAsync())

const claude = anthropicDefaults.models[0].id
const hi = [{ role: 'user' as const, content: 'Hi.' }]

test('text between the pieces of a call breaks neither the call nor the text', async () => {
  const call = (piece: object): object => ({ tool_calls: [{ index: 0, ...piece }] })
  const deltas = [
    { role: 'assistant', content: 'Let me' },
    call({ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"town"' } }),
    { content: ' see' },
    call({ function: { arguments: ':"Oslo"}' } }),
  ]
  openAiModel.next({
    events: [
      ...deltas.map((delta) => ({ choices: [{ index: 0, delta, finish_reason: null }] })),
      { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
      '[DONE]',
    ],
  })
  const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: gateway.token, maxRetries: 0 })
  const { content } = await anthropic.messages
    .stream({
      model: 'gpt-4o-mini',
      max_tokens: 50,
      messages: hi,
      tools: [{ name: 'weather', input_schema: { type: 'object' } }],
    })
    .finalMessage()
  assert.deepEqual(content, [
    { type: 'text', text: 'Let me' },
    { type: 'tool_use', id: 'call_1', name: 'weather', input: { town: 'Oslo' } },
    { type: 'text', text: ' see' },
  ])
})

test('a response_format of the caller that its provider refuses is a refusal, not an error of ours and not left out', async () => {
  const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token, maxRetries: 0 })
  const words = "Invalid parameter: 'response_format' of type 'json_object' is not supported with this model."
  for (const stream of [false, true]) {
    const before = openAiModel.requests.length
    openAiModel.next({
      reply: { status: 400, body: { error: { message: words, param: 'response_format' } } },
    })
    await assert.rejects(
      openai.chat.completions.create({
        model: 'gpt-4o-mini',
        messages: hi,
        stream,
        response_format: { type: 'json_object' },
      }),
      (error) => {
        assert.ok(error instanceof OpenAI.APIError)
        assert.deepEqual([error.status, error.code], [400, 'invalid_request'])
        assert.match(error.message, /'json_object' is not supported/)
        return true
      },
    )
    assert.equal(openAiModel.requests.length, before + 1)
  }
})

test('content that is empty or none at all is the mistake of the caller, and its place is named', async () => {
  const ask = async (path: string, body: object): Promise<readonly [number, string]> => {
    const response = await gateway.call('POST', path, body)
    return [response.status, await response.text()]
  }
  for (const model of ['gpt-4o-mini', claude]) {
    const [status, text] = await ask('/v1/messages', {
      model,
      max_tokens: 5,
      messages: [{ role: 'user', content: [] }],
    })
    assert.equal(status, 400, text)
    assert.match(text, /messages\[0\]\.content must not be empty/)
  }
  for (const path of ['/v1/messages', '/v1/chat/completions']) {
    const empty = { model: claude, max_tokens: 5, messages: [{ role: 'user', content: '' }] }
    assert.equal((await ask(path, empty))[0], 400)
    const [status, text] = await ask(path, { ...empty, messages: [{ role: 'user', content: null }] })
    assert.equal(status, 400, text)
    assert.match(text, /messages\[0\]\.content must be a string or an array/)
  }
})

test("what a provider does not take of a caller's own question is 400 through a door, and is not asked again", async () => {
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token })
  const before = openAiModel.requests.length
  await assert.rejects(
    client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'tool', tool_call_id: 'nope', content: 'x' }],
    }),
    (error) => error instanceof OpenAI.APIError && error.status === 400 && /one refused/.test(error.message),
  )
  assert.equal(openAiModel.requests.length - before, 1)
})

test("more than one answer a call is refused in OpenAI's shape, and nobody is asked", async () => {
  const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token, maxRetries: 0 })
  const before = openAiModel.requests.length
  await assert.rejects(
    openai.chat.completions.create({ model: 'gpt-4o-mini', messages: hi, n: 2 }),
    (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError)
      assert.deepEqual(
        [error.param, error.type, error.code],
        ['n', 'invalid_request_error', 'invalid_request'],
      )
      assert.match(error.message, /n must be 1: ask once for each answer/)
      return true
    },
  )
  assert.equal(openAiModel.requests.length, before)
})
