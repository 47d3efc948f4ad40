import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { useGateway } from '../support/use-gateway.ts'
import { type AllDriven, type Driven, startClients } from './packages/driven.ts'
import { foreignAnswers } from './packages/foreign-answers.ts'
import { foreignWaits } from './packages/foreign-waits.ts'
import { ways } from './packages/ways.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let model: ProviderServer
let proxy: FaultProxy

let driven: AllDriven = { clients: [], missing: [] }

before(async () => {
  model = stack.use(await startOpenAiServer())
  const fake = {
    api: 'openai-completions',
    baseUrl: model.url,
    apiKey: openAiDefaults.apiKey,
    models: [{ id: 'gpt-4o-mini' }],
  }
  gateway = await useGateway(stack, {
    config: { models: { providers: { fake }, retries: 0 } },
    tokens: {
      admin: { scope: ['admin'] },
      app: { scope: ['chat', 'send', 'read'] },
      reader: { scope: ['read'] },
    },
  })
  proxy = stack.use(await startFaultProxy(gateway.url))
  driven = await startClients(stack, proxy.url, gateway.secrets.app ?? '')
})
after(() => stack.disposeAsync())

/** Runs a test once a client, so that all hold the same table. */
function forEachClient(name: string, run: (client: Driven) => Promise<void>): void {
  test(name, async (context) => {
    if (driven.missing.length > 0) context.diagnostic(driven.missing.join(', '))
    for (const client of driven.clients) await context.test(client.name, () => run(client))
  })
}

const chat = { action: 'chat', message: 'Hi.' }
const stream = { action: 'stream', message: 'Hi.' }
const busy = { kind: 'answer', status: 503 } as const

function say(...pieces: readonly string[]): void {
  model.next({ pieces })
}

forEachClient(
  'a reply comes as the API gives it, streams in its pieces, and the model is asked once each',
  async (client) => {
    const before = model.requests.length
    say('Hello', ' you')
    const outcome = await client.order({ ...chat, options: { systemPrompt: 'Be brief.', maxTokens: 5 } })
    assert.equal(at(outcome, 'value', 'content'), 'Hello you', JSON.stringify(outcome))
    say('Ein', ' Satz ', '🙂')
    assert.deepEqual(await client.order(stream), { value: { text: 'Ein Satz 🙂', end: 'stop' } })
    assert.equal(model.requests.length - before, 2)
  },
)

forEachClient('503, a dropped connection and 429 are tried again, twice, under one key', async (client) => {
  const before = proxy.requests.length
  proxy.next(busy, { kind: 'refuse' })
  say('third time')
  assert.equal(at(await client.order(chat), 'value', 'content'), 'third time')
  const keys = proxy.requests.slice(before).map((request) => request.idempotencyKey)
  assert.equal(keys.length, 3)
  assert.equal(new Set(keys).size, 1)
  assert.match(keys[0] ?? '', /^[0-9a-f-]{36}$/)
  proxy.next({ ...busy, status: 429, retryAfter: '1' })
  say('after a second')
  assert.equal(at(await client.order(chat), 'value', 'content'), 'after a second')
  const first = keys[0]
  assert.notEqual(proxy.requests.at(-1)?.idempotencyKey, first)
})

forEachClient(
  'what stays wrong is told after the third try, with status, code and request id',
  async (client) => {
    const before = proxy.requests.length
    proxy.next(busy, busy, busy)
    assert.deepEqual(at(await client.order(chat), 'error'), {
      name: 'ServerError',
      status: 503,
      code: 'overloaded',
      hasRequestId: true,
      leaks: false,
    })
    assert.equal(proxy.requests.length - before, 3)
  },
)

forEachClient('a Retry-After of more than a minute is told at once', async (client) => {
  const before = proxy.requests.length
  const body = { error: 'rate_limit_exceeded', message: 'Too many.', requestId: 'req_1', retryAfter: 61 }
  proxy.next({ kind: 'answer', status: 429, retryAfter: '61', body })
  assert.deepEqual(at(await client.order(chat), 'error'), {
    name: 'RateLimitError',
    status: 429,
    code: 'rate_limit_exceeded',
    retryAfter: 61,
    hasRequestId: true,
    leaks: false,
  })
  assert.equal(proxy.requests.length - before, 1)
})

forEachClient('what the caller did wrong is not tried again, and has an error of its own', async (client) => {
  const cases: readonly (readonly [string, number, string, Readonly<Record<string, unknown>>])[] = [
    ['BadRequestError', 400, 'invalid_request', { ...chat, options: { temperature: 3 } }],
    ['AuthenticationError', 401, 'unauthorized', { ...chat, token: 'oc_tok_nobody' }],
    ['PermissionDeniedError', 403, 'insufficient_scope', { ...chat, token: gateway.secrets.reader }],
    ['NotFoundError', 404, 'model_not_found', { ...stream, options: { model: 'nope' } }],
    [
      'NotFoundError',
      404,
      'channel_not_found',
      { action: 'send', channel: 'telegram', chatId: '1', message: 'x' },
    ],
    ['NotFoundError', 404, 'not_found', { action: 'messages', id: 'conv_nobody', pageSize: 10 }],
  ]
  for (const [name, status, code, order] of cases) {
    const before = proxy.requests.length
    const error = at(await client.order(order), 'error')
    const docUrl = `${proxy.url}/docs/errors#${code}`
    assert.deepEqual(error, { name, status, code, hasRequestId: true, docUrl, leaks: false })
    assert.equal(proxy.requests.length - before, 1)
  }
})

forEachClient(
  'a server that says nothing is given up after the timeout, each of three times',
  async (client) => {
    const before = proxy.requests.length
    const silent = { kind: 'silent' } as const
    proxy.next(silent, silent, silent)
    const error = at(await client.order({ ...chat, timeoutMs: 300 }), 'error')
    assert.deepEqual([at(error, 'name'), at(error, 'leaks')], ['TimedOutError', false])
    assert.equal(proxy.requests.length - before, 3)
  },
)

forEachClient(
  'a stream is understood byte by byte, with other line ends and with comments between',
  async (client) => {
    for (const fault of [
      { kind: 'bytes' },
      { kind: 'dressed', lineEnd: '\r\n' },
      { kind: 'dressed', lineEnd: '\r' },
    ] as const) {
      proxy.next(fault)
      say('Grüße ', 'aus\u2028"Łódź"', ' 🙂')
      assert.deepEqual(await client.order(stream), {
        value: { text: 'Grüße aus\u2028"Łódź" 🙂', end: 'stop' },
      })
    }
  },
)

forEachClient('an event of a megabyte comes through whole', async (client) => {
  say('x'.repeat(1_000_000))
  assert.deepEqual(await client.order(stream), { value: { text: 1_000_000, end: 'stop' } })
})

forEachClient('a stream that is cut, or ends without done, is an error and no reply', async (client) => {
  for (const kind of ['cut', 'end'] as const) {
    proxy.next({ kind, afterBytes: 180 })
    say('one', 'two', 'three', 'four', 'five', 'six')
    const error = at(await client.order(stream), 'error')
    assert.deepEqual([at(error, 'name'), at(error, 'code')], ['StreamError', 'stream_interrupted'])
  }
})

forEachClient('a failure of the model in mid-stream is an error with its code', async (client) => {
  model.next({ pieces: ['one ', 'two '], fault: 'reset-mid-stream' })
  const error = at(await client.order(stream), 'error')
  assert.deepEqual([at(error, 'name'), at(error, 'code')], ['StreamError', 'provider_error'])
})

forEachClient('leaving a stream early stops the model', async (client) => {
  const before = model.requests.length
  model.next({ fault: 'endless', pieces: ['more '] })
  assert.deepEqual(await client.order({ ...stream, leaveAfter: 4 }), { value: { left: true } })
  const request = await model.request(before)
  assert.equal((await request.closed).complete, false)
})

forEachClient('lists turn their pages by themselves', async (client) => {
  const id = `conv-${client.name.replace(' ', '-')}`
  for (let i = 0; i < 3; i++) {
    say(`answer ${i}`)
    await client.order({ ...chat, options: { conversationId: id } })
  }
  const messages = await client.order({ action: 'messages', id, pageSize: 2 })
  assert.equal(listAt(messages, 'value', 'roles').length, 6)
  const all = at(await client.order({ action: 'conversations', pageSize: 100 }), 'value', 'count')
  assert.equal(at(await client.order({ action: 'conversations', pageSize: 2 }), 'value', 'count'), all)
  assert.deepEqual(await client.order({ action: 'deleteConversation', id }), { value: { deleted: true } })
  const models = listAt(await client.order({ action: 'models' }), 'value')
  assert.ok(models.includes('gpt-4o-mini'))
  assert.equal(
    textAt(await client.order({ action: 'health', token: 'oc_tok_nobody' }), 'value', 'status'),
    'ok',
  )
})

foreignAnswers(forEachClient)
foreignWaits(forEachClient)
ways(forEachClient)
