import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { anthropicDefaults, startAnthropicServer } from '../support/anthropic-server.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, numberAt, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { useGateway } from '../support/use-gateway.ts'

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
        default: 'gpt-4o-mini',
        retries: 0,
        providers: {
          one: {
            api: 'openai-completions',
            baseUrl: openAiModel.url,
            apiKey: openAiDefaults.apiKey,
            models: [{ id: 'gpt-4o-mini', cost: { input: 1, output: 2 } }],
          },
          two: {
            api: 'anthropic-messages',
            baseUrl: anthropicModel.url,
            apiKey: anthropicDefaults.apiKey,
            models: [{ id: anthropicDefaults.models[0].id }],
          },
        },
      },
    },
    tokens: {
      admin: { scope: ['admin'] },
      app: { scope: ['chat', 'read'] },
      reader: { scope: ['read'] },
      slow: { scope: ['chat'], rateLimit: 1 },
    },
  })
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.secrets.app, maxRetries: 0 })
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: gateway.secrets.app, maxRetries: 0 })
})
after(() => stack.disposeAsync())

const claude = anthropicDefaults.models[0].id
const hi = [{ role: 'user' as const, content: 'Hi.' }]
const weather = {
  name: 'weather',
  description: 'The weather of a town.',
  parameters: { type: 'object', properties: { town: { type: 'string' } }, required: ['town'] },
}

for (const [model, served] of [
  ['gpt-4o-mini', () => openAiModel],
  [claude, () => anthropicModel],
] as const) {
  test(`OpenAI's client gets a plain answer of ${model}, with usage`, async () => {
    served().next({ pieces: ['Hello', ' you'], inputTokens: 11, outputTokens: 7 })
    const reply = await openai.chat.completions.create({
      model,
      messages: [{ role: 'system', content: 'Be brief.' }, ...hi],
      max_tokens: 50,
    })
    assert.equal(reply.object, 'chat.completion')
    assert.equal(reply.choices[0]?.message.content, 'Hello you')
    assert.equal(reply.choices[0]?.finish_reason, 'stop')
    assert.deepEqual(
      [reply.usage?.prompt_tokens, reply.usage?.completion_tokens, reply.usage?.total_tokens],
      [11, 7, 18],
    )
    assert.match(JSON.stringify(served().requests.at(-1)?.body), /Be brief\./)
  })

  test(`OpenAI's client streams ${model}, and the last chunk tells the usage it asked for`, async () => {
    served().next({ pieces: ['Hel', 'lo 🙂'], inputTokens: 5, outputTokens: 3 })
    const stream = await openai.chat.completions.create({
      model,
      messages: hi,
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    let usage: OpenAI.CompletionUsage | null | undefined
    let reason: string | null | undefined
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      reason = chunk.choices[0]?.finish_reason ?? reason
      usage = chunk.usage ?? usage
    }
    assert.deepEqual([text, reason, usage?.total_tokens], ['Hello 🙂', 'stop', 8])
  })

  test(`Anthropic's client gets a plain answer and a stream of ${model}`, async () => {
    served().next({ pieces: ['Hello'], inputTokens: 11, outputTokens: 7 })
    const reply = await anthropic.messages.create({
      model,
      max_tokens: 50,
      system: 'Be brief.',
      messages: hi,
    })
    assert.deepEqual(reply.content, [{ type: 'text', text: 'Hello' }])
    assert.deepEqual(
      [reply.stop_reason, reply.usage.input_tokens, reply.usage.output_tokens],
      ['end_turn', 11, 7],
    )
    served().next({ pieces: ['Hel', 'lo'], inputTokens: 5, outputTokens: 3 })
    const final = await anthropic.messages.stream({ model, max_tokens: 50, messages: hi }).finalMessage()
    assert.deepEqual(final.content, [{ type: 'text', text: 'Hello' }])
    assert.deepEqual([final.stop_reason, final.usage.output_tokens], ['end_turn', 3])
  })

  test(`a refusal of ${model}'s provider reaches each client as an error of its own kind`, async () => {
    served().next({ reply: { status: 500, body: {} } })
    await assert.rejects(openai.chat.completions.create({ model, messages: hi }), (error) => {
      assert.ok(error instanceof OpenAI.APIError)
      assert.deepEqual([error.status, error.code, error.type], [502, 'provider_error', 'server_error'])
      return true
    })
    served().next({ reply: { status: 500, body: {} } })
    await assert.rejects(anthropic.messages.create({ model, max_tokens: 5, messages: hi }), (error) => {
      assert.ok(error instanceof Anthropic.APIError)
      assert.equal(error.status, 502)
      assert.equal(at(error.error, 'error', 'type'), 'api_error')
      return true
    })
  })

  test(`a stream of ${model} that breaks off is an error to both clients, never a short answer`, async () => {
    served().next({ pieces: ['one ', 'two ', 'three ', 'four '], fault: 'reset-mid-stream' })
    await assert.rejects(async () => {
      const stream = await openai.chat.completions.create({ model, messages: hi, stream: true })
      for await (const _ of stream);
    }, OpenAI.APIError)
    served().next({ pieces: ['one ', 'two ', 'three ', 'four '], fault: 'reset-mid-stream' })
    await assert.rejects(
      anthropic.messages.stream({ model, max_tokens: 50, messages: hi }).finalMessage(),
      Anthropic.AnthropicError,
    )
  })
}

test('what only the provider knows is handed on as it stands, under what the gateway writes itself', async () => {
  openAiModel.next({ pieces: ['ok'] })
  await openai.chat.completions.create({
    model: 'gpt-4o-mini',
    messages: hi,
    top_p: 0.5,
    seed: 7,
    stop: ['END'],
    user: 'u-1',
    max_completion_tokens: 9,
  })
  const body = openAiModel.requests.at(-1)?.body
  assert.deepEqual(
    [at(body, 'top_p'), at(body, 'seed'), at(body, 'stop'), at(body, 'user'), at(body, 'model')],
    [0.5, 7, ['END'], 'u-1', 'gpt-4o-mini'],
  )
  anthropicModel.next({ pieces: ['ok'] })
  await anthropic.messages.create({
    model: claude,
    max_tokens: 9,
    messages: hi,
    metadata: { user_id: 'u-1' },
    stop_sequences: ['END'],
  })
  const sent = anthropicModel.requests.at(-1)?.body
  assert.deepEqual([at(sent, 'metadata'), at(sent, 'stop_sequences')], [{ user_id: 'u-1' }, ['END']])
})

test('errors of the gateway itself have the shape of the API that is asked: 400, 401, 403, 404, 405, 429', async () => {
  const call = (
    path: string,
    secret: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ) =>
    fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const app = gateway.secrets.app ?? ''
  const good = { model: 'gpt-4o-mini', max_tokens: 5, messages: hi }
  const cases: readonly (readonly [number, string, Promise<Response>])[] = [
    [400, 'invalid_request', call('/v1/chat/completions', app, { messages: [{ role: 'robot' }] })],
    [400, 'invalid_request', call('/v1/chat/completions', app, { ...good, n: 2 })],
    [401, 'invalid_api_key', call('/v1/chat/completions', 'oc_tok_nobody', good)],
    [403, 'insufficient_scope', call('/v1/chat/completions', gateway.secrets.reader ?? '', good)],
    [404, 'model_not_found', call('/v1/chat/completions', app, { ...good, model: 'nope' })],
    [404, 'not_found', call('/v1/embeddings', app, {})],
    [
      405,
      'method_not_allowed',
      fetch(`${gateway.url}/v1/chat/completions`, { headers: { Authorization: `Bearer ${app}` } }),
    ],
  ]
  for (const [status, code, asked] of cases) {
    const reply = await asked
    const body: unknown = await reply.json()
    assert.equal(reply.status, status, JSON.stringify(body))
    assert.equal(at(body, 'error', 'code'), code)
    assert.ok(textAt(body, 'error', 'message').length > 10)
    assert.ok(reply.headers.get('x-request-id'))
  }
  openAiModel.next({ pieces: ['ok'] })
  await call('/v1/messages', gateway.secrets.slow ?? '', good)
  const limited = await call('/v1/messages', gateway.secrets.slow ?? '', good)
  assert.equal(limited.status, 429)
  assert.ok(Number(limited.headers.get('retry-after')) >= 1)
  const body: unknown = await limited.json()
  assert.deepEqual([at(body, 'type'), at(body, 'error', 'type')], ['error', 'rate_limit_error'])
})

test('what goes through a door is paid for and recorded like every turn', async () => {
  const before: unknown = await (await gateway.call('GET', '/api/v1/usage?groupBy=model')).json()
  openAiModel.next({ pieces: ['ok'], inputTokens: 1_000_000, outputTokens: 1_000_000 })
  await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: hi })
  const after: unknown = await (await gateway.call('GET', '/api/v1/usage?groupBy=model')).json()
  const costIn = (body: unknown): number => {
    const row = listAt(body, 'data').find((each) => at(each, 'key') === 'gpt-4o-mini')
    return row === undefined ? 0 : numberAt(row, 'cost')
  }
  assert.ok(Math.abs(costIn(after) - costIn(before) - 3) < 1e-9)
  const audit: unknown = await (await gateway.call('GET', '/api/v1/audit?limit=100')).json()
  const row = listAt(audit, 'data').find(
    (each) => at(each, 'route') === '/v1/chat/completions' && at(each, 'status') === 200,
  )
  assert.ok(row)
  assert.equal(
    ((await (await gateway.call('GET', '/api/v1/conversations')).json()) as { data: unknown[] }).data.length,
    0,
  )
})

test('both clients list the models and get one', async () => {
  const ids: string[] = []
  for await (const model of openai.models.list()) ids.push(model.id)
  assert.deepEqual(ids, ['gpt-4o-mini', claude, 'demo'])
  assert.equal((await openai.models.retrieve(claude)).owned_by, 'two')
  const own: string[] = []
  for await (const model of anthropic.models.list()) own.push(model.id)
  assert.deepEqual(own, ids)
})

test('tools go through in both dialects and both directions, plain and streamed', async () => {
  for (const [model, served] of [
    ['gpt-4o-mini', openAiModel],
    [claude, anthropicModel],
  ] as const) {
    served.next({ toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{"town":"Oslo"}' }] })
    const asked = await openai.chat.completions.create({
      model,
      messages: hi,
      tools: [{ type: 'function', function: weather }],
    })
    const [call] = asked.choices[0]?.message.tool_calls ?? []
    assert.ok(call?.type === 'function')
    assert.equal(call.function.name, 'weather')
    assert.deepEqual(JSON.parse(call.function.arguments), { town: 'Oslo' })
    assert.equal(asked.choices[0]?.finish_reason, 'tool_calls')
    const message = asked.choices[0]?.message
    assert.ok(message)
    served.next({ pieces: ['Rain.'] })
    const answered = await openai.chat.completions.create({
      model,
      messages: [...hi, message, { role: 'tool', tool_call_id: call.id, content: 'rain' }],
      tools: [{ type: 'function', function: weather }],
    })
    assert.equal(answered.choices[0]?.message.content, 'Rain.')

    served.next({ toolCalls: [{ id: 'call_2', name: 'weather', arguments: '{"town":"Rome"}' }] })
    const runner = openai.chat.completions.stream({
      model,
      messages: hi,
      tools: [{ type: 'function', function: weather }],
    })
    const final = await runner.finalChatCompletion()
    const [streamed] = final.choices[0]?.message.tool_calls ?? []
    assert.ok(streamed?.type === 'function')
    assert.deepEqual(JSON.parse(streamed.function.arguments), { town: 'Rome' })

    served.next({ toolCalls: [{ id: 'call_3', name: 'weather', arguments: '{"town":"Bern"}' }] })
    const tools = [
      {
        name: 'weather',
        description: weather.description,
        input_schema: { ...weather.parameters, type: 'object' as const },
      },
    ]
    const used = await anthropic.messages
      .stream({ model, max_tokens: 50, messages: hi, tools })
      .finalMessage()
    const block = used.content.find((each) => each.type === 'tool_use')
    assert.deepEqual([block?.name, block?.input, used.stop_reason], ['weather', { town: 'Bern' }, 'tool_use'])
    served.next({ pieces: ['Sun.'] })
    const told = await anthropic.messages.create({
      model,
      max_tokens: 50,
      tools,
      messages: [
        ...hi,
        { role: 'assistant', content: used.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: block?.id ?? '', content: 'sun' }] },
      ],
    })
    assert.deepEqual(told.content, [{ type: 'text', text: 'Sun.' }])
  }
})

test('a client that leaves a stream stops the model', async () => {
  const before = openAiModel.requests.length
  openAiModel.next({ fault: 'endless', pieces: ['more '], pauseMs: 2 })
  const stream = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: hi, stream: true })
  for await (const _ of stream) break
  assert.equal((await (await openAiModel.request(before)).closed).complete, false)
})
