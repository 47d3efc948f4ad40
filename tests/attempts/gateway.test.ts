import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, listAt, textAt } from '../support/json.ts'
import { change, printed, reloaded } from '../support/live-config-file.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import type { ProviderServer } from '../support/provider-server.ts'
import { withSilentListener } from '../support/provider-silent-listener.ts'
import { framesOf } from '../support/sse-frames.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
let server: ProviderServer
let backup: ProviderServer
let gateway: RunningGateway

before(async () => {
  server = stack.use(await startOpenAiServer())
  backup = stack.use(await startOpenAiServer())
  gateway = await useGateway(stack, { config: { models: modelsOf(server.url) } })
})
after(() => stack.disposeAsync())

test('a connection that does not come in time is tried again, and named by its deadline', async () => {
  await withSilentListener(async (port) => {
    await using own = new AsyncDisposableStack()
    const slow = await useGateway(own, {
      config: {
        models: { ...modelsOf(`https://127.0.0.1:${port}/v1`), fallbacks: [], timeouts: { connectMs: 200 } },
      },
    })
    for (const path of ['/api/v1/chat', '/api/v1/chat/stream']) {
      const reply = await slow.call('POST', path, { message: 'Hello' })
      assert.equal(reply.headers.get('x-openclaw-attempts'), '3')
      const body = await expectError(reply, 504, 'provider_timeout')
      assert.equal(at(body, 'details', 'deadline'), 'connect')
      assert.match(textAt(body, 'message'), /acme .*0\.2 seconds \(connect deadline\)/)
    }
  })
})

test('a turn that nobody failed counts one attempt, and an error of ours none', async () => {
  for (const path of ['/api/v1/chat', '/api/v1/chat/stream']) {
    const reply = await gateway.call('POST', path, { message: 'Hello' })
    assert.equal(reply.headers.get('x-openclaw-attempts'), '1')
    await reply.text()
  }
  const refused = await gateway.call('POST', '/api/v1/chat', { message: 'Hello', model: 'nope' })
  await expectError(refused, 404, 'model_not_found')
  assert.equal(refused.headers.get('x-openclaw-attempts'), null)
})

test('the request’s log line says how often models were asked, where that was more than once', async () => {
  server.next({ reply: { status: 503 } })
  const reply = await gateway.call('POST', '/api/v1/chat', { message: 'Hello' })
  assert.equal(reply.status, 200)
  const id = reply.headers.get('x-request-id') ?? ''
  await printed(gateway, new RegExp(`api request requestId=${id} .*attempts=2`))
})

test('a conversation goes on with whoever answers, and shows who did', async () => {
  const conversationId = 'with-both'
  await (await gateway.call('POST', '/api/v1/chat', { message: 'One', conversationId })).text()
  server.next({ reply: { status: 401 } })
  const reply = await gateway.call('POST', '/api/v1/chat/stream', { message: 'Two', conversationId })
  const [start] = framesOf(await reply.text())
  assert.equal(at(start?.data, 'model'), 'o4-mini')
  const asked = backup.requests.at(-1)?.body
  assert.deepEqual(
    listAt(asked, 'messages').map((message) => at(message, 'content')),
    ['One', 'Hello, world!', 'Two'],
  )
  const page: unknown = await (await gateway.call('GET', `/api/v1/conversations/${conversationId}`)).json()
  const replies = listAt(page, 'messages').filter((message) => at(message, 'role') === 'assistant')
  assert.deepEqual(
    replies.map((message) => at(message, 'model')),
    ['gpt-4o-mini', 'o4-mini'],
  )
})

test('a token never reaches a fallback that it may not use', async () => {
  await using own = new AsyncDisposableStack()
  const narrow = await useGateway(own, {
    config: { models: modelsOf(server.url) },
    tokens: { admin: { scope: ['admin'] }, app: { scope: ['chat'], models: ['acme/gpt-4o-mini'] } },
  })
  server.next({ reply: { status: 401 } })
  const before = backup.requests.length
  const reply = await narrow.call('POST', '/api/v1/chat', { message: 'Hello' }, narrow.secrets.app)
  await expectError(reply, 502, 'provider_error')
  assert.equal(backup.requests.length, before)
})

test('a provider that cools down shows in the list of models and in the health, and other models do not', async () => {
  await using own = new AsyncDisposableStack()
  const failing = own.use(await startOpenAiServer())
  failing.behave = () => ({ reply: { status: 401 } })
  const cooling = await useGateway(own, { config: { models: modelsOf(failing.url) } })
  for (let turn = 0; turn < 7; turn++) {
    const reply = await cooling.call('POST', '/api/v1/chat', { message: 'Hello' })
    assert.equal(at(await reply.json(), 'model'), 'o4-mini')
  }
  assert.equal(failing.requests.length, 5)
  const models: unknown = await (await cooling.call('GET', '/api/v1/models')).json()
  const rows = listAt(models, 'data').map((row) => [at(row, 'provider'), at(row, 'available')])
  assert.deepEqual(rows.slice(0, 2), [
    ['acme', false],
    ['backup', true],
  ])
  const health: unknown = await (await cooling.call('GET', '/health/detail')).json()
  assert.equal(at(health, 'models', 'status'), 'degraded')
  assert.match(textAt(health, 'models', 'sentence'), /^acme failed 5 turns in a row/)
  assert.equal(at(health, 'models', 'providers', 0, 'status'), 'cooling')
  assert.match(cooling.output(), /WARN provider cools down provider=acme seconds=30/)
})

test('a default and fallbacks that nobody lists are warned of by their keys, at the start and after a change', async () => {
  await using own = new AsyncDisposableStack()
  const typo = await useGateway(own, {
    config: {
      models: { ...modelsOf(server.url), default: 'gpt-4o-mimi', fallbacks: ['backup/o4-mini', 'o5-mini'] },
    },
  })
  await printed(typo, /WARN config names an unknown model key=models\.default model=gpt-4o-mimi/)
  await printed(typo, /WARN config names an unknown model key=models\.fallbacks\[1\] model=o5-mini/)
  const body = await expectError(
    await typo.call('POST', '/api/v1/chat', { message: 'Hello' }),
    404,
    'model_not_found',
  )
  assert.match(textAt(body, 'message'), /models\.default is "gpt-4o-mimi"/)
  await reloaded(typo, () =>
    change(typo, (config) => ({ ...config, models: { ...modelsOf(server.url), fallbacks: ['o6-mini'] } })),
  )
  await printed(typo, /key=models\.fallbacks\[0\] model=o6-mini/)
  assert.equal((await typo.call('POST', '/api/v1/chat', { message: 'Hello' })).status, 200)
})

function modelsOf(baseUrl: string): Readonly<Record<string, unknown>> {
  const { apiKey } = openAiDefaults
  return {
    default: 'acme/gpt-4o-mini',
    fallbacks: ['backup/o4-mini'],
    providers: {
      acme: { api: 'openai-completions', baseUrl, apiKey, models: [{ id: 'gpt-4o-mini' }] },
      backup: { api: 'openai-completions', baseUrl: backup.url, apiKey, models: [{ id: 'o4-mini' }] },
    },
  }
}
