import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createAnthropic } from '@ai-sdk/anthropic'
import Anthropic from '@anthropic-ai/sdk'
import { generateText } from 'ai'
import OpenAI from 'openai'
import { anthropicDefaults, startAnthropicServer } from '../support/anthropic-server.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { useGateway } from '../support/use-gateway.ts'

const claude = anthropicDefaults.models[0].id
const gpt = 'gpt-4o-mini'
const hi = { role: 'user' as const, content: 'Hi.' }
const mark = { type: 'ephemeral' as const }
const weather = { name: 'weather', input_schema: { type: 'object' as const } }
const signature = 'c2lnbmVkIGJ5IHRoZSBmYWtl'

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
          one: {
            api: 'openai-completions',
            baseUrl: openAiModel.url,
            apiKey: openAiDefaults.apiKey,
            models: [{ id: gpt }],
          },
          two: {
            api: 'anthropic-messages',
            baseUrl: anthropicModel.url,
            apiKey: anthropicDefaults.apiKey,
            models: [{ id: claude }],
          },
        },
      },
    },
  })
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token, maxRetries: 0 })
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: gateway.token, maxRetries: 0 })
})
after(() => stack.disposeAsync())

const thinking = { type: 'enabled' as const, budget_tokens: 1024 }
const thoughtful = { model: claude, max_tokens: 2000, thinking, tools: [weather] }
const call = { id: 'toolu_1', name: 'weather', arguments: '{"town":"Oslo"}' }
const thoughtBlocks = [
  { type: 'thinking', thinking: 'Which town?', signature },
  { type: 'text', text: 'Let me see.' },
  { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { town: 'Oslo' } },
]

for (const as of ['stream', 'plain', 'plain of a stream', 'stream of a plain answer'] as const) {
  test(`what Claude thinks comes with its signature and goes back as it came: ${as}`, async () => {
    const kind =
      as === 'plain of a stream' ? 'events' : as === 'stream of a plain answer' ? 'json' : undefined
    anthropicModel.next({
      thinking: 'Which town?',
      pieces: ['Let me', ' see.'],
      toolCalls: [call],
      ...(kind === undefined ? {} : { as: kind }),
    })
    const question = { ...thoughtful, messages: [hi] }
    const answer = as.startsWith('plain')
      ? await anthropic.messages.create(question)
      : await anthropic.messages.stream(question).finalMessage()
    assert.deepEqual(answer.content, thoughtBlocks)
    assert.deepEqual(at(anthropicModel.requests.at(-1)?.body, 'thinking'), thinking)

    anthropicModel.next({ pieces: ['Rain.'] })
    const result = { type: 'tool_result' as const, tool_use_id: 'toolu_1', content: 'rain' }
    await anthropic.messages.create({
      ...thoughtful,
      messages: [hi, { role: 'assistant', content: answer.content }, { role: 'user', content: [result] }],
    })
    const sent = listAt(anthropicModel.requests.at(-1)?.body, 'messages')
    assert.deepEqual(at(sent, 1, 'content'), thoughtBlocks)
    assert.deepEqual(at(sent, 2, 'content'), [result])
  })
}

test('thoughts that are sealed, and thoughts between calls, keep their form and their order', async () => {
  const content = [
    { type: 'redacted_thinking', data: 'c2VhbGVk' },
    { type: 'thinking', thinking: '', signature: 'b25l' },
    { type: 'text', text: 'First.' },
    { type: 'thinking', thinking: 'And now?', signature: 'dHdv' },
    { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} },
  ]
  const body = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: claude,
    content,
    stop_reason: 'tool_use',
    usage: { input_tokens: 5, output_tokens: 5 },
  }
  const question = { ...thoughtful, messages: [hi] }
  anthropicModel.next({ reply: { status: 200, body } })
  assert.deepEqual((await anthropic.messages.create(question)).content, content)
  anthropicModel.next({ reply: { status: 200, body } })
  assert.deepEqual((await anthropic.messages.stream(question).finalMessage()).content, content)
})

test('the package ai is shown the reasoning and gives it back', async () => {
  const model = createAnthropic({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token })(claude)
  const providerOptions = { anthropic: { thinking: { type: 'enabled', budgetTokens: 1024 } } }
  anthropicModel.next({ thinking: 'Hm.', pieces: ['Hello'] })
  const first = await generateText({ model, prompt: 'Hi.', maxRetries: 0, providerOptions })
  assert.deepEqual([first.text, first.reasoningText], ['Hello', 'Hm.'])
  anthropicModel.next({ pieces: ['Bye'] })
  const messages = [{ role: 'user' as const, content: 'Hi.' }, ...first.response.messages, hi]
  await generateText({ model, messages, maxRetries: 0, providerOptions })
  const sent = at(anthropicModel.requests.at(-1)?.body, 'messages', 1, 'content', 0)
  assert.deepEqual(sent, { type: 'thinking', thinking: 'Hm.', signature })
})

test('a caller who asks for no thoughts of its own API is shown none: an OpenAI client of Claude', async () => {
  anthropicModel.next({ thinking: 'Which town?', pieces: ['Hello'] })
  const answer = await openai.chat.completions.create({ model: claude, messages: [hi] })
  assert.equal(answer.choices[0]?.message.content, 'Hello')
  assert.doesNotMatch(JSON.stringify(answer), /Which town|thinking/)
})

test('thinking that a model of the other API cannot be asked for is refused, and nobody is asked', async () => {
  const before = [openAiModel.requests.length, anthropicModel.requests.length]
  const thought = { type: 'thinking' as const, thinking: 'Hm.', signature }
  const history = [
    hi,
    { role: 'assistant' as const, content: [thought, { type: 'text' as const, text: 'Yes?' }] },
    hi,
  ]
  const small = { model: gpt, max_tokens: 2000 }
  for (const [field, asked] of [
    ['thinking', () => anthropic.messages.create({ ...small, thinking, messages: [hi] })],
    ['messages[1].content[0]', () => anthropic.messages.create({ ...small, messages: history })],
  ] as const) {
    await assert.rejects(asked, (error) => {
      assert.ok(error instanceof Anthropic.BadRequestError)
      assert.ok(error.message.includes(`${field} belongs to Anthropic's Messages API`), error.message)
      return true
    })
  }
  const told = { role: 'assistant', content: 'Yes?', reasoning_content: 'Hm.' } as const
  for (const [field, asked] of [
    [
      'reasoning_effort',
      () => openai.chat.completions.create({ model: claude, messages: [hi], reasoning_effort: 'low' }),
    ],
    [
      'messages[1].reasoning_content',
      () => openai.chat.completions.create({ model: claude, messages: [hi, told, hi] }),
    ],
  ] as const) {
    await assert.rejects(asked, (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError)
      assert.equal(error.param, field)
      assert.match(error.message, /Leave it out/)
      return true
    })
  }
  assert.deepEqual([openAiModel.requests.length, anthropicModel.requests.length], before)
  anthropicModel.next({ pieces: ['ok'] })
  await openai.chat.completions.create({ model: claude, messages: [hi], reasoning_effort: 'none' })
  openAiModel.next({ pieces: ['ok'] })
  await anthropic.messages.create({ ...small, thinking: { type: 'disabled' }, messages: [hi] })
})

test('what a compatible server tells of its thoughts reaches OpenAI clients, and goes back', async () => {
  const details = [{ type: 'reasoning.text', text: 'Hm.' }]
  const message = { role: 'assistant', content: 'Yes?', reasoning_content: 'Hm.', reasoning_details: details }
  const usage = { prompt_tokens: 5, completion_tokens: 2 }
  openAiModel.next({
    reply: {
      status: 200,
      body: { model: gpt, choices: [{ index: 0, message, finish_reason: 'stop' }], usage },
    },
  })
  const plain = await openai.chat.completions.create({ model: gpt, messages: [hi], reasoning_effort: 'low' })
  assert.equal(at(openAiModel.requests.at(-1)?.body, 'reasoning_effort'), 'low')
  const answer = plain.choices[0]?.message
  assert.ok(answer)
  assert.deepEqual([at(answer, 'reasoning_content'), at(answer, 'reasoning_details')], ['Hm.', details])

  const chunk = (delta: object, reason: string | null = null): object => ({
    model: gpt,
    choices: [{ index: 0, delta, finish_reason: reason }],
  })
  openAiModel.next({
    events: [
      chunk({ role: 'assistant', reasoning_content: 'H' }),
      chunk({ reasoning_content: 'm.' }),
      chunk({ content: 'Yes?' }),
      chunk({}, 'stop'),
      '[DONE]',
    ],
  })
  let thought = ''
  let text = ''
  for await (const piece of await openai.chat.completions.create({
    model: gpt,
    messages: [hi],
    stream: true,
  })) {
    const delta = piece.choices[0]?.delta
    thought += String(at(delta, 'reasoning_content') ?? '')
    text += delta?.content ?? ''
  }
  assert.deepEqual([thought, text], ['Hm.', 'Yes?'])

  openAiModel.next({ pieces: ['ok'] })
  await openai.chat.completions.create({ model: gpt, messages: [hi, answer, hi] })
  const sent = at(openAiModel.requests.at(-1)?.body, 'messages', 1)
  assert.deepEqual(sent, {
    role: 'assistant',
    content: 'Yes?',
    reasoning_content: 'Hm.',
    reasoning_details: details,
  })
})

test('marks of the prompt cache reach Claude where they stood: system, tools, messages, results', async () => {
  const system = [{ type: 'text' as const, text: 'Be brief.', cache_control: mark }]
  const tools = [{ ...weather, cache_control: mark }]
  const messages: Anthropic.MessageParam[] = [
    { role: 'user', content: [{ type: 'text', text: 'Oslo?', cache_control: mark }] },
    {
      role: 'assistant',
      content: [{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: { town: 'Oslo' } }],
    },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'rain', cache_control: mark }],
    },
  ]
  const question = { max_tokens: 50, system, tools, messages }
  anthropicModel.next({ pieces: ['Rain.'] })
  await anthropic.messages.create({ ...question, model: claude })
  const sent = anthropicModel.requests.at(-1)?.body
  assert.deepEqual([at(sent, 'system'), at(sent, 'tools'), at(sent, 'messages')], [system, tools, messages])
  // They are about cost alone, so another API is asked without.
  openAiModel.next({ pieces: ['Rain.'] })
  await anthropic.messages.create({ ...question, model: gpt })
  assert.doesNotMatch(JSON.stringify(openAiModel.requests.at(-1)?.body), /cache_control/)
})
