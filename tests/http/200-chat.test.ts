import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, numberAt, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import { fieldsOf, type ProviderServer } from '../support/provider-server.ts'
import { useGateway } from '../support/use-gateway.ts'

let provider: ProviderServer
const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  provider = stack.use(await startOpenAiServer())
  const { apiKey } = openAiDefaults
  gateway = await useGateway(stack, {
    config: {
      // What is seen of a message here is what was sent: what is stripped is tested in prompts.test.ts.
      api: { security: { promptInjection: 'off' } },
      models: {
        default: 'gpt-4o-mini',
        retries: 0,
        providers: { fake: { api: 'openai-completions', baseUrl: provider.url, apiKey } },
      },
    },
  })
})
after(() => stack.disposeAsync())

async function chat(fields: Readonly<Record<string, unknown>>): Promise<unknown> {
  const reply = await gateway.call('POST', '/api/v1/chat', { message: 'Hello', ...fields })
  const body: unknown = await reply.json()
  assert.equal(reply.status, 200, JSON.stringify(body))
  return body
}

/** What the provider was sent last. */
function asked(): unknown {
  return provider.requests.at(-1)?.body
}

/** The messages that the provider was shown last, as `role: content`. */
function shown(): readonly string[] {
  return listAt(asked(), 'messages').map((message) => `${at(message, 'role')}: ${at(message, 'content')}`)
}

test('a reply has the form of the contract, with what the provider counted', async () => {
  provider.next({ pieces: ['Good ', 'day'], inputTokens: 17, outputTokens: 4 })
  const body = await chat({})
  const { latency, ...rest } = fieldsOf(body)
  assert.deepEqual(rest, {
    id: textAt(body, 'id'),
    conversationId: textAt(body, 'conversationId'),
    role: 'assistant',
    content: 'Good day',
    model: 'gpt-4o-mini',
    usage: { inputTokens: 17, outputTokens: 4 },
    finishReason: 'stop',
  })
  assert.ok(Number.isInteger(latency) && Number(latency) >= 0)
  assert.match(textAt(body, 'id'), /^msg_[0-9A-Za-z]+$/)
  assert.match(textAt(body, 'conversationId'), /^conv_[0-9A-Za-z]+$/)
})

test("latency is whole milliseconds from the request's arrival to the reply's end", async () => {
  provider.next({ as: 'events', pauseMs: 30, pieces: ['a', 'b', 'c'] })
  const from = performance.now()
  const latency = numberAt(await chat({}), 'latency')
  const outside = performance.now() - from
  assert.ok(Number.isInteger(latency))
  assert.ok(latency >= 90 && latency <= Math.ceil(outside), `${latency} of ${outside}`)
})

test('a plain call asks the provider for a plain answer, without fields that the caller did not send', async () => {
  await chat({ message: 'Only this' })
  assert.deepEqual(asked(), {
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: 'Only this' }],
    stream: false,
  })
})

test('maxTokens, temperature and systemPrompt reach the provider as they are', async () => {
  await chat({ maxTokens: 77, temperature: 0.7, systemPrompt: 'Be brief.' })
  assert.deepEqual([at(asked(), 'max_tokens'), at(asked(), 'temperature')], [77, 0.7])
  assert.deepEqual(shown(), ['system: Be brief.', 'user: Hello'])
  await chat({ temperature: 0 })
  assert.equal(at(asked(), 'temperature'), 0)
})

test('text of every script arrives at the provider and comes back unchanged', async () => {
  const text = 'Größe 你好 🦀👩‍👩‍👧 \u202e\u200d "\\ \n\t</script> %00 \ufeff'
  provider.next({ pieces: [...text], bytesPerWrite: 1, as: 'events' })
  const body = await chat({ message: text })
  assert.deepEqual([shown(), at(body, 'content')], [[`user: ${text}`], text])
})

test('a conversation remembers: the provider is shown the turns before, oldest first', async () => {
  provider.next({ pieces: ['One'] })
  const first = await chat({ message: 'First' })
  const conversationId = textAt(first, 'conversationId')
  provider.next({ pieces: ['Two'] })
  const second = await chat({ message: 'Second', conversationId })
  assert.equal(at(second, 'conversationId'), conversationId)
  await chat({ message: 'Third', conversationId })
  assert.deepEqual(shown(), [
    'user: First',
    'assistant: One',
    'user: Second',
    'assistant: Two',
    'user: Third',
  ])
})

test('a system prompt stays with its conversation until another one replaces it', async () => {
  const conversationId = 'prompted'
  await chat({ conversationId, systemPrompt: 'Speak as a pirate.' })
  await chat({ conversationId })
  assert.equal(shown()[0], 'system: Speak as a pirate.')
  await chat({ conversationId, systemPrompt: 'Speak as a poet.' })
  assert.equal(shown()[0], 'system: Speak as a poet.')
  await chat({ conversationId, systemPrompt: null })
  assert.equal(shown()[0], 'system: Speak as a poet.')
  assert.equal(shown().filter((line) => line.startsWith('system')).length, 1)
  await chat({})
  assert.deepEqual(shown(), ['user: Hello'])
})

test('a failed turn is left out of what later turns are shown', async () => {
  const conversationId = 'failing'
  await chat({ conversationId, message: 'Before' })
  provider.next({ reply: { status: 500, body: { error: { message: 'Oh no' } } } })
  const failed = await gateway.call('POST', '/api/v1/chat', { message: 'Lost', conversationId })
  await expectError(failed, 502, 'provider_error')
  await chat({ conversationId, message: 'After' })
  assert.deepEqual(shown(), ['user: Before', 'assistant: Hello, world!', 'user: After'])
  const kept: unknown = await (await gateway.call('GET', `/api/v1/conversations/${conversationId}`)).json()
  assert.deepEqual(
    listAt(kept, 'messages').map((message) => `${at(message, 'status')} ${at(message, 'content')}`),
    ['complete Before', 'complete Hello, world!', 'failed Lost', 'complete After', 'complete Hello, world!'],
  )
})

test('why a reply ended is said in the words of the contract', async () => {
  const meant = { stop: 'stop', length: 'length', content_filter: 'refusal', tool_calls: 'tool_calls' }
  for (const [stopReason, finishReason] of Object.entries(meant)) {
    provider.next({ stopReason })
    assert.equal(at(await chat({}), 'finishReason'), finishReason)
  }
})

test('a provider that streams where it was asked for a plain answer is understood', async () => {
  provider.next({ as: 'events', pieces: ['It ', 'streams'] })
  assert.equal(at(await chat({}), 'content'), 'It streams')
})

test('a model that takes no temperature answers without it, and the reply says so', async () => {
  const body = await chat({ model: 'o4-mini', temperature: 0.5 })
  assert.deepEqual([at(asked(), 'temperature'), at(body, 'warnings')], [undefined, ['temperature_ignored']])
})

test('the turns of one conversation run one after another, those of two at the same time', async () => {
  provider.next({ as: 'events', pauseMs: 40, pieces: ['slow'] })
  const before = provider.requests.length
  const slow = chat({ message: 'Slow', conversationId: 'queued' })
  await provider.request(before)
  provider.next({ pieces: ['elsewhere'] })
  provider.next({ pieces: ['quick'] })
  const quick = chat({ message: 'Quick', conversationId: 'queued' })
  assert.equal(at(await chat({ conversationId: 'another' }), 'content'), 'elsewhere')
  assert.deepEqual([at(await slow, 'content'), at(await quick, 'content')], ['slow', 'quick'])
  assert.deepEqual(shown(), ['user: Slow', 'assistant: slow', 'user: Quick'])
})

test('a conversation whose queue is full answers 503 overloaded, and says when to come back', async () => {
  const abort = new AbortController()
  const seen = provider.requests.length
  provider.next({ fault: 'stall-before-headers' })
  const send = (): Promise<Response> =>
    fetch(`${gateway.url}/api/v1/chat`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${gateway.token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ message: 'x', conversationId: 'crowded' }),
      signal: abort.signal,
    })
  const first = send().catch(() => undefined)
  await (await provider.request(seen)).stalled
  const others = Array.from({ length: 30 }, () => send().catch(() => undefined))
  const refused = await Promise.race(others)
  assert.ok(refused)
  const body = await expectError(refused, 503, 'overloaded')
  assert.ok(numberAt(body, 'retryAfter') >= 1)
  abort.abort()
  await Promise.all([first, ...others])
  assert.equal(at(await chat({ conversationId: 'crowded', message: 'At last' }), 'content'), 'Hello, world!')
})

test('a new id opens a conversation under it, a known one goes on', async () => {
  const id = 'conv_123'
  assert.equal(at(await chat({ conversationId: id }), 'conversationId'), id)
  await chat({ conversationId: id })
  const kept: unknown = await (await gateway.call('GET', `/api/v1/conversations/${id}`)).json()
  assert.equal(at(kept, 'messageCount'), 4)
})
