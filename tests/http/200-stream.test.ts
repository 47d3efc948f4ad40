import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { checkErrorBody, expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import { fieldsOf, type ProviderServer } from '../support/provider-server.ts'
import { framesOf, type SseFrame, saidIn, typesOf } from '../support/sse-frames.ts'
import { useGateway } from '../support/use-gateway.ts'

let provider: ProviderServer
const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  provider = stack.use(await startOpenAiServer())
  const { apiKey } = openAiDefaults
  gateway = await useGateway(stack, {
    config: {
      models: {
        default: 'gpt-4o-mini',
        retries: 0,
        providers: { fake: { api: 'openai-completions', baseUrl: provider.url, apiKey } },
      },
    },
  })
})
after(() => stack.disposeAsync())

function open(fields: Readonly<Record<string, unknown>> = {}): Promise<Response> {
  return gateway.call('POST', '/api/v1/chat/stream', { message: 'Hello', ...fields })
}

async function frames(fields: Readonly<Record<string, unknown>> = {}): Promise<readonly SseFrame[]> {
  const reply = await open(fields)
  assert.equal(reply.status, 200)
  return framesOf(await reply.text())
}

async function messagesOf(conversationId: string): Promise<readonly unknown[]> {
  return listAt(
    await (await gateway.call('GET', `/api/v1/conversations/${conversationId}`)).json(),
    'messages',
  )
}

test('a stream has the headers that keep proxies from holding it back', async () => {
  const reply = await open()
  assert.equal(reply.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  assert.equal(reply.headers.get('cache-control'), 'no-cache, no-transform')
  assert.equal(reply.headers.get('x-accel-buffering'), 'no')
  assert.match(reply.headers.get('x-request-id') ?? '', /^req_/)
  await reply.text()
})

test('start, delta…, done: each one frame, with ids that count from 1', async () => {
  provider.next({ pieces: ['Once ', 'upon ', 'a time'], inputTokens: 9, outputTokens: 3 })
  const all = await frames()
  assert.deepEqual(
    all.map(({ id }) => id),
    ['1', '2', '3', '4', '5'],
  )
  const [start, one, two, three, done] = all.map(({ data }) => data)
  const messageId = textAt(start, 'messageId')
  assert.deepEqual(start, {
    type: 'start',
    conversationId: textAt(start, 'conversationId'),
    messageId,
    model: 'gpt-4o-mini',
  })
  assert.match(textAt(start, 'conversationId'), /^conv_/)
  assert.deepEqual(
    [one, two, three],
    [
      { type: 'delta', content: 'Once ' },
      { type: 'delta', content: 'upon ' },
      { type: 'delta', content: 'a time' },
    ],
  )
  const { latency, ...rest } = fieldsOf(done)
  assert.ok(Number.isInteger(latency))
  assert.deepEqual(rest, {
    type: 'done',
    id: messageId,
    usage: { inputTokens: 9, outputTokens: 3 },
    finishReason: 'stop',
  })
})

test('the reply is stored before done is sent', async () => {
  const reply = await open({ conversationId: 'stored' })
  await reply.text()
  assert.deepEqual(
    (await messagesOf('stored')).map((message) => [
      at(message, 'role'),
      at(message, 'status'),
      at(message, 'content'),
    ]),
    [
      ['user', 'complete', 'Hello'],
      ['assistant', 'complete', 'Hello, world!'],
    ],
  )
})

test('a token leaves at once, it does not wait for the next one', async () => {
  provider.next({ pieces: ['first', 'second'], fault: 'stall-mid-stream' })
  const abort = new AbortController()
  const reply = await fetch(`${gateway.url}/api/v1/chat/stream`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${gateway.token}`, 'Content-Type': 'application/json' },
    body: '{"message":"Hello"}',
    signal: abort.signal,
  })
  assert.ok(reply.body)
  let text = ''
  for await (const bytes of reply.body.pipeThrough(new TextDecoderStream())) {
    text += bytes
    if (text.includes('first')) break
  }
  assert.deepEqual(typesOf(framesOf(text)), ['start', 'delta'])
  abort.abort()
})

test('text with line breaks stays within one data line', async () => {
  const text = 'a\nb\r\nc\n\n\u2028\u2029data: x\nevent: y\n\n🦀'
  provider.next({ pieces: [text] })
  assert.equal(saidIn(await frames()), text)
})

test('chunks that are split anywhere, also inside a character, say the same', async () => {
  const pieces = ['Größe ', '你好', ' 🦀👩‍👩‍👧', ' end']
  for (const lineEnd of ['\n', '\r\n', '\r'] as const) {
    provider.next({ pieces, bytesPerWrite: 1, lineEnd, comments: true })
    assert.equal(saidIn(await frames()), pieces.join(''))
  }
})

test('a stream asks the provider for a stream; a plain answer to it is understood', async () => {
  provider.next({ as: 'json', pieces: ['All ', 'at once'] })
  const all = await frames()
  assert.equal(at(provider.requests.at(-1)?.body, 'stream'), true)
  assert.deepEqual([typesOf(all), saidIn(all)], [['start', 'delta', 'done'], 'All at once'])
})

test('an answer of no text is start and done', async () => {
  provider.next({ pieces: [] })
  assert.deepEqual(typesOf(await frames()), ['start', 'done'])
})

test('what fails before the first token is a plain HTTP error with its own status', async () => {
  provider.next({
    reply: { status: 429, headers: { 'retry-after': '7' }, body: { error: { message: 'Slow down' } } },
  })
  const busy = await expectError(await open(), 503, 'provider_unavailable')
  assert.equal(at(busy, 'retryAfter'), 7)
  provider.next({ errorEvent: { type: 'server_error', message: 'The server had an error' }, pieces: [] })
  await expectError(await open(), 502, 'provider_error')
  provider.next({ events: [] })
  await expectError(await open(), 502, 'provider_error')
})

for (const [name, fault] of [
  ['ends its stream early', 'truncate'],
  ['resets the connection', 'reset-mid-stream'],
  ['sends what is no JSON', 'invalid-json'],
  ['sends a line of 100 MB', 'huge-line'],
] as const) {
  test(`a provider that ${name} ends the stream with error, never with done`, async () => {
    const conversationId = `broken-${fault}`
    provider.next({ pieces: ['half ', 'an ', 'answer ', 'only'], fault })
    const all = await frames({ conversationId })
    assert.deepEqual(typesOf(all), ['start', 'delta', 'error'])
    checkErrorBody(all.at(-1)?.data, 'provider_error')
    assert.equal(saidIn(all), 'half an ')
    assert.deepEqual(
      (await messagesOf(conversationId)).map(
        (message) => `${at(message, 'status')} ${at(message, 'content')}`,
      ),
      ['failed Hello', 'failed half an '],
    )
  })
}

test('an error of the provider in mid-stream is an error frame with the request id of the header', async () => {
  provider.next({ errorEvent: { type: 'server_error', message: 'The server had an error' } })
  const reply = await open()
  const all = framesOf(await reply.text())
  assert.deepEqual(typesOf(all), ['start', 'delta', 'error'])
  const last = all.at(-1)?.data
  checkErrorBody(last, 'provider_error')
  assert.equal(at(last, 'requestId'), reply.headers.get('x-request-id'))
})

test('a truncated plain answer is 502, never a short reply', async () => {
  for (const fault of ['truncate', 'reset-mid-stream', 'reset-before-headers'] as const) {
    provider.next({ fault })
    await expectError(await gateway.call('POST', '/api/v1/chat', { message: 'x' }), 502, 'provider_error')
  }
})

test('a provider that is silent for ten seconds: the stream opens, and what fails then is an error frame', async () => {
  provider.next({ fault: 'stall-before-first-token' })
  const seen = provider.requests.length
  const from = performance.now()
  const reply = await open()
  const openedAfter = performance.now() - from
  assert.equal(reply.status, 200)
  assert.ok(openedAfter >= 9_900 && openedAfter < 12_000, `${openedAfter}`)
  assert.ok(reply.body)
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader()
  const first = await reader.read()
  assert.deepEqual(typesOf(framesOf(first.value ?? '')), ['start'])
  const stalled = await provider.request(seen)
  await stalled.stalled
  // The provider's server goes away: from now on that is an error frame.
  await provider.close()
  let rest = ''
  for (let next = await reader.read(); !next.done; next = await reader.read()) rest += next.value
  assert.deepEqual(typesOf(framesOf(rest)), ['error'])
  checkErrorBody(framesOf(rest).at(-1)?.data, 'provider_error')
})
