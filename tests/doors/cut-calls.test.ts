import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { anthropicDefaults, startAnthropicServer } from '../support/anthropic-server.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { useGateway } from '../support/use-gateway.ts'

const claude = anthropicDefaults.models[0].id
const gpt = 'gpt-4o-mini'
const hi = [{ role: 'user' as const, content: 'Hi.' }]
const tools = [{ name: 'weather', input_schema: { type: 'object' as const } }]

const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let openAiModel: ProviderServer
let anthropicModel: ProviderServer
let openai: OpenAI
let anthropic: Anthropic

before(async () => {
  openAiModel = stack.use(await startOpenAiServer())
  anthropicModel = stack.use(await startAnthropicServer())
  gateway = await useGateway(stack, {
    config: {
      models: {
        retries: 0,
        providers: {
          one: { api: 'openai-completions', baseUrl: openAiModel.url, apiKey: openAiDefaults.apiKey },
          two: { api: 'anthropic-messages', baseUrl: anthropicModel.url, apiKey: anthropicDefaults.apiKey },
        },
      },
    },
  })
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token, maxRetries: 0 })
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: gateway.token, maxRetries: 0 })
})
after(() => stack.disposeAsync())

const cut = '{"town":"Os'
const cutCall = { toolCalls: [{ id: 'call_1', name: 'weather', arguments: cut }], stopReason: 'length' }

test('a call that max_tokens has cut says so to Anthropic clients, and is no call without arguments', async () => {
  openAiModel.next(cutCall)
  const plain = await anthropic.messages.create({ model: gpt, max_tokens: 5, messages: hi, tools })
  assert.equal(plain.stop_reason, 'max_tokens')
  assert.deepEqual(plain.content, [
    { type: 'tool_use', id: 'call_1', name: 'weather', input: { INVALID_JSON: cut } },
  ])

  openAiModel.next(cutCall)
  let json = ''
  let reason: string | null | undefined
  const stream = await anthropic.messages.create({
    model: gpt,
    max_tokens: 5,
    messages: hi,
    tools,
    stream: true,
  })
  for await (const event of stream) {
    if (event.type === 'content_block_delta' && event.delta.type === 'input_json_delta')
      json += event.delta.partial_json
    if (event.type === 'message_delta') reason = event.delta.stop_reason
  }
  assert.deepEqual([json, reason], [cut, 'max_tokens'])
})

test('a call that max_tokens has cut before its first argument is no call without arguments', async () => {
  openAiModel.next({ toolCalls: [{ id: 'call_1', name: 'weather', arguments: '' }], stopReason: 'length' })
  const { content, stop_reason } = await anthropic.messages.create({
    model: gpt,
    max_tokens: 5,
    messages: hi,
    tools,
  })
  assert.equal(stop_reason, 'max_tokens')
  assert.deepEqual(content, [
    { type: 'tool_use', id: 'call_1', name: 'weather', input: { INVALID_JSON: '' } },
  ])
})

test('a call without arguments is one with none, and arguments that are no object stand as they were written', async () => {
  for (const [given, input] of [
    ['', {}],
    ['{}', {}],
    ['["Oslo"]', { INVALID_JSON: '["Oslo"]' }],
    ['oh no', { INVALID_JSON: 'oh no' }],
  ] as const) {
    openAiModel.next({ toolCalls: [{ id: 'call_1', name: 'weather', arguments: given }] })
    const { content } = await anthropic.messages.create({ model: gpt, max_tokens: 5, messages: hi, tools })
    assert.deepEqual(at(content, 0, 'input'), input)
  }
})

test('a call that max_tokens has cut reaches OpenAI clients as far as it came, with the reason length', async () => {
  openAiModel.next(cutCall)
  const { choices } = await openai.chat.completions.create({
    model: gpt,
    messages: hi,
    tools: [{ type: 'function', function: { name: 'weather' } }],
  })
  const [call] = choices[0]?.message.tool_calls ?? []
  assert.deepEqual([at(call, 'function', 'arguments'), choices[0]?.finish_reason], [cut, 'length'])
})

const cachedMessage = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: claude,
  content: [{ type: 'text', text: 'Hello' }],
  stop_reason: 'end_turn',
  usage: {
    input_tokens: 10,
    cache_read_input_tokens: 300,
    cache_creation_input_tokens: 40,
    output_tokens: 2,
  },
}
const cachedUsage = {
  prompt_tokens: 350,
  completion_tokens: 2,
  total_tokens: 352,
  prompt_tokens_details: { cached_tokens: 300 },
}
const cachedCompletion = {
  id: 'chatcmpl-1',
  model: gpt,
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  usage: cachedUsage,
}

test('what came from the prompt cache is told in the words of the API that is asked, plain and streamed', async () => {
  for (const stream of [false, true]) {
    for (const [model, served, body, written] of [
      [claude, anthropicModel, cachedMessage, 40],
      [gpt, openAiModel, cachedCompletion, 0],
    ] as const) {
      const read = async (): Promise<Anthropic.Usage> => {
        served.next({ reply: { status: 200, body } })
        const question = { model, max_tokens: 5, messages: hi }
        const answer = stream
          ? await anthropic.messages.stream(question).finalMessage()
          : await anthropic.messages.create(question)
        return answer.usage
      }
      const usage = await read()
      assert.equal(usage.input_tokens, 350 - 300 - written)
      assert.deepEqual([usage.cache_read_input_tokens, usage.cache_creation_input_tokens], [300, written])

      served.next({ reply: { status: 200, body } })
      const told = stream
        ? await lastUsage(model)
        : (await openai.chat.completions.create({ model, messages: hi })).usage
      assert.deepEqual([told?.prompt_tokens, told?.prompt_tokens_details], [350, { cached_tokens: 300 }])
    }
  }
})

async function lastUsage(model: string): Promise<OpenAI.CompletionUsage | undefined> {
  const options = { stream: true, stream_options: { include_usage: true } } as const
  let usage: OpenAI.CompletionUsage | undefined
  for await (const chunk of await openai.chat.completions.create({ model, messages: hi, ...options }))
    usage = chunk.usage ?? usage
  return usage
}

test('where nothing is told of a cache nothing is made up', async () => {
  openAiModel.next({ pieces: ['ok'] })
  const { usage } = await openai.chat.completions.create({ model: gpt, messages: hi })
  assert.equal(usage?.prompt_tokens_details, undefined)
  anthropicModel.next({ pieces: ['ok'] })
  const answer = await anthropic.messages.create({ model: claude, max_tokens: 5, messages: hi })
  assert.equal(answer.usage.cache_read_input_tokens, undefined)
})
