import assert from 'node:assert/strict'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { anthropicDefaults, startAnthropicServer } from '../support/anthropic-server.ts'
import { expectError } from '../support/expect-error.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { at, listAt, numberAt, textAt } from '../support/json.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { runProgram } from '../support/run-program.ts'
import { type Receiver, startReceiver } from '../webhooks/support/receiver.ts'

const stack = new AsyncDisposableStack()
const root = resolve(import.meta.dirname, '..', '..')
let provider: ProviderServer
let receiver: Receiver
let gateway: RunningGateway

// A turn of the fake uses 12 and 4 tokens: it costs 0.25.
const model = { id: 'claude-sonnet-4-5', cost: { input: 12_500, output: 25_000, cacheRead: 1_250 } }

before(async () => {
  provider = stack.use(await startAnthropicServer())
  receiver = stack.use(await startReceiver())
  gateway = await startGateway({
    tokens: {
      admin: { scope: ['admin'], rateLimit: 100_000 },
      reader: { scope: ['chat', 'read'], rateLimit: 100_000 },
      small: { scope: ['chat', 'read'], rateLimit: 100_000, budget: { amount: 2.5, per: 'month' } },
      crash: { scope: ['chat'], rateLimit: 100_000, budget: { amount: 0.5, per: 'month' } },
    },
    config: {
      models: {
        providers: {
          fake: {
            api: 'anthropic-messages',
            baseUrl: provider.url,
            apiKey: anthropicDefaults.apiKey,
            models: [model, { id: 'claude-opus-4-7' }],
          },
        },
      },
      api: {
        webhooks: {
          outgoing: [{ url: receiver.url, events: ['budget.*', 'message.sent'], allowPrivateNetwork: true }],
        },
      },
    },
  })
  stack.defer(() => gateway.stop())
})
after(() => stack.disposeAsync())

async function chat(token: string, body: object = {}): Promise<Response> {
  return await gateway.call('POST', '/api/v1/chat', { message: 'Hello', ...body }, gateway.secrets[token])
}

async function usage(token: string, query = ''): Promise<readonly unknown[]> {
  const response = await gateway.call('GET', `/api/v1/usage${query}`, undefined, gateway.secrets[token])
  assert.equal(response.status, 200)
  return listAt(await response.json(), 'data')
}

test('a cost stands in the reply, in the stream, in the conversation and, as a decimal string, in the event', async () => {
  const reply: unknown = await (await chat('reader', { metadata: { customer: 'acme' } })).json()
  assert.deepEqual(at(reply, 'usage'), { inputTokens: 12, outputTokens: 4, cost: 0.25 })
  const stream = await gateway.call(
    'POST',
    '/api/v1/chat/stream',
    { message: 'Hello' },
    gateway.secrets.reader,
  )
  assert.match(
    await stream.text(),
    /"type":"done".*"usage":\{"inputTokens":12,"outputTokens":4,"cost":0\.25\}/,
  )
  const path = `/api/v1/conversations/${textAt(reply, 'conversationId')}`
  const stored: unknown = await (await gateway.call('GET', path)).json()
  assert.deepEqual(at(stored, 'messages', 1, 'usage'), at(reply, 'usage'))
  const events = await receiver.count(2, 'message.sent')
  const event = events.find((one) => one.event.data.messageId === textAt(reply, 'id'))
  assert.deepEqual(event?.event.data.usage, { inputTokens: 12, outputTokens: 4, cost: '0.25' })
})

test('cached tokens are told and have their own price', async () => {
  const body = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: model.id,
    content: [{ type: 'text', text: 'Hi' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 2, cache_read_input_tokens: 10, cache_creation_input_tokens: 0, output_tokens: 4 },
  }
  provider.next({ reply: { status: 200, body } })
  const reply: unknown = await (await chat('reader')).json()
  // 2 fresh, 10 from the cache, 4 written.
  const cost = 0.025 + 0.0125 + 0.1
  assert.deepEqual(at(reply, 'usage'), { inputTokens: 12, outputTokens: 4, cacheReadTokens: 10, cost })
})

test('usage is grouped by what is asked for, and each token sees its own', async () => {
  await chat('reader', { model: 'claude-opus-4-7' })
  const own = await usage('reader', '?groupBy=model')
  assert.deepEqual(
    own.map((row) => [at(row, 'key'), at(row, 'requests'), at(row, 'cost'), at(row, 'estimatedCost')]),
    [
      [model.id, 3, 0.6375, 0],
      // By the list price: 12 times 5 and 4 times 25 dollars a million.
      ['claude-opus-4-7', 1, 0, 0.00016],
    ],
  )
  const byCustomer = await usage('reader', '?groupBy=metadata.customer')
  assert.deepEqual(new Set(byCustomer.map((row) => at(row, 'key'))), new Set([null, 'acme']))
  const byToken = await usage('admin', '?groupBy=token&from=1d')
  assert.deepEqual(
    byToken.map((row) => at(row, 'name')),
    ['reader'],
  )
  assert.deepEqual(await usage('small'), [])
  assert.deepEqual(await usage('admin', '?from=2020-01-01&to=2020-12-31'), [])
})

test('what cannot be asked is 400 and names its field; a token without read is 403', async () => {
  for (const [query, field] of [
    ['groupBy=week', 'groupBy'],
    ['from=never', 'from'],
    ['to=2026-02-30', 'to'],
    ['from=2026-03-01&to=2026-02-01', 'from'],
    ['groupby=day', 'groupby'],
  ] as const) {
    const response = await gateway.call('GET', `/api/v1/usage?${query}`)
    assert.equal(textAt(await expectError(response, 400, 'invalid_request'), 'details', 'field'), field)
  }
  const refused = await gateway.call('GET', '/api/v1/usage', undefined, gateway.secrets.crash)
  await expectError(refused, 403, 'insufficient_scope')
})

test('fifty turns at once spend a budget and no more; then 402 asks no provider, and webhooks were told once', async () => {
  const before = provider.requests.length
  const answers = await Promise.all(Array.from({ length: 50 }, () => chat('small')))
  const refused = answers.filter(({ status }) => status !== 200)
  assert.equal(answers.length - refused.length, 10)
  for (const response of refused) {
    const body = await expectError(response, 402, 'budget_exceeded')
    assert.match(
      textAt(body, 'message'),
      /"small" is used up: 2\.50 of 2\.50 USD are spent this month\. It starts again at 20/,
    )
    assert.deepEqual(
      [at(body, 'details', 'spent'), at(body, 'details', 'amount'), at(body, 'details', 'per')],
      ['2.50', '2.50', 'month'],
    )
  }
  assert.equal(provider.requests.length - before, 10)
  const stream = await gateway.call(
    'POST',
    '/api/v1/chat/stream',
    { message: 'Hello' },
    gateway.secrets.small,
  )
  await expectError(stream, 402, 'budget_exceeded')
  assert.equal(numberAt((await usage('small'))[0], 'requests'), 10, 'what is refused is no turn')
  const told = await receiver.count(1, 'budget.warning')
  const data = told[0]?.event.data
  assert.deepEqual([data?.name, data?.spent, data?.budget, data?.per], ['small', '2.00', '2.50', 'month'])
})

test('a conversation is not opened by a turn that the budget refuses', async () => {
  await expectError(await chat('small', { conversationId: 'conv_refused' }), 402, 'budget_exceeded')
  assert.equal((await gateway.call('GET', '/api/v1/conversations/conv_refused')).status, 404)
})

test('openclaw usage tells the same beside the running gateway', async () => {
  const env = { HOME: gateway.home, OPENCLAW_STATE_DIR: join(gateway.home, 'state') }
  const run = (...args: readonly string[]) =>
    runProgram(
      process.execPath,
      [join(root, 'bin/openclaw.js'), 'usage', '--config', join(gateway.home, 'openclaw.json5'), ...args],
      env,
    )
  const json = await run('--group-by', 'token', '--json')
  assert.equal(json.code, 0, json.stderr)
  assert.deepEqual(listAt(JSON.parse(json.stdout), 'data'), await usage('admin', '?groupBy=token'))
  const text = await run('--group-by', 'model')
  assert.match(text.stdout, /MODEL +REQUESTS +INPUT +OUTPUT +COST \(USD\) +ESTIMATED \(USD\)/)
  assert.match(text.stdout, /^all +14 /m)
  const wrong = await run('--group-by', 'week')
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /--group-by is "week"; expected day, model, token/)
})

test('openclaw token create takes a budget, which counts at once', async () => {
  const env = { HOME: gateway.home, OPENCLAW_STATE_DIR: join(gateway.home, 'state') }
  const create = (budget: string) =>
    runProgram(
      process.execPath,
      [
        join(root, 'bin/openclaw.js'),
        'token',
        'create',
        '--name',
        'made',
        '--scope',
        'chat',
        '--budget',
        budget,
        '--json',
      ],
      env,
    )
  const wrong = await create('5/week')
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /There is no budget "5\/week".*--budget 5\/day/s)
  const secret = textAt(JSON.parse((await create('0.25/day')).stdout), 'token')
  const call = () => gateway.call('POST', '/api/v1/chat', { message: 'Hello' }, secret)
  assert.equal((await call()).status, 200)
  await expectError(await call(), 402, 'budget_exceeded')
})

test('what is spent is still spent after kill -9', async () => {
  assert.equal((await chat('crash')).status, 200)
  gateway.child.kill('SIGKILL')
  await gateway.exited
  const again = await startGateway({
    home: gateway.home,
    tokens: { crash: { scope: ['chat'], budget: { amount: 0.5, per: 'month' } } },
    config: {
      models: {
        providers: {
          fake: {
            api: 'anthropic-messages',
            baseUrl: provider.url,
            apiKey: anthropicDefaults.apiKey,
            models: [model],
          },
        },
      },
    },
  })
  try {
    const call = () => again.call('POST', '/api/v1/chat', { message: 'Hello' }, again.secrets.crash)
    assert.equal((await call()).status, 200)
    await expectError(await call(), 402, 'budget_exceeded')
  } finally {
    await again.stop()
  }
})
