import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type ApiOperation, apiOperations } from '../support/api-document.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, entriesAt, textAt } from '../support/json.ts'
import { openAiDefaults, startOpenAiServer } from '../support/openai-server.ts'
import { fieldsOf, type ProviderServer } from '../support/provider-server.ts'
import { framesOf } from '../support/sse-frames.ts'
import { useGateway } from '../support/use-gateway.ts'

let provider: ProviderServer
const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let document: unknown
let operations: readonly ApiOperation[]

before(async () => {
  provider = stack.use(await startOpenAiServer())
  const providers = {
    gpts: { api: 'openai-completions', baseUrl: provider.url, apiKey: openAiDefaults.apiKey },
  }
  gateway = await useGateway(stack, {
    config: {
      api: { security: { cors: { origins: ['https://app.example.com'] } } },
      models: { default: 'gpt-4o-mini', providers, retries: 0 },
    },
  })
  document = await (await fetch(`${gateway.url}/api/v1/openapi.json`)).json()
  operations = await apiOperations(gateway.url)
})
after(() => stack.disposeAsync())

const seen = new Set<ApiOperation>()

function expectValid(method: string, path: string, body: unknown): void {
  const operation = operations.find((one) => one.method === method && one.path === path)
  assert.ok(operation, `${method} ${path} is not in the document`)
  seen.add(operation)
  assert.ok(operation.validate(body), JSON.stringify([operation.validate.errors, body]))
}

test('the document is OpenAPI 3.1 as JSON, open to everybody', async () => {
  const reply = await fetch(`${gateway.url}/api/v1/openapi.json`)
  assert.equal(reply.headers.get('content-type'), 'application/json; charset=utf-8')
  assert.match(textAt(document, 'openapi'), /^3\.1\.\d$/)
  const health: unknown = await (await fetch(`${gateway.url}/health`)).json()
  assert.equal(at(document, 'info', 'version'), at(health, 'version'))
})

test('every operation has a name of its own, a sentence, its parameters and the form of its errors', () => {
  const names = new Set<string>()
  for (const [path, item] of entriesAt(document, 'paths')) {
    for (const [, operation] of entriesAt(item)) {
      names.add(textAt(operation, 'operationId'))
      assert.match(textAt(operation, 'summary'), /^\S.*\.$/)
      assert.equal(
        at(operation, 'responses', 'default', 'content', 'application/json', 'schema', '$ref'),
        '#/components/schemas/Error',
      )
      const inPath = path.match(/\{\w+\}/g) ?? []
      const parameters = JSON.stringify(at(operation, 'parameters'))
      for (const name of inPath)
        assert.ok(parameters.includes(`"name":"${name.slice(1, -1)}","in":"path","required":true`), path)
    }
  }
  assert.equal(names.size, operations.length)
})

test('every reference in the document leads somewhere', () => {
  for (const [, pointer = ''] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    assert.notEqual(at(document, ...pointer.split('/')), undefined, pointer)
  }
})

test('every 200 is as its schema says', async () => {
  provider.next({ pieces: ['Hi'], stopReason: 'length' })
  const chat: unknown = await (
    await gateway.call('POST', '/api/v1/chat', { message: 'x', conversationId: 'one' })
  ).json()
  expectValid('POST', '/api/v1/chat', chat)
  const warned = await gateway.call('POST', '/api/v1/chat', {
    message: 'x',
    model: 'o4-mini',
    temperature: 0.1,
    conversationId: 'one',
  })
  expectValid('POST', '/api/v1/chat', await warned.json())
  provider.next({ fault: 'truncate' })
  await gateway
    .call('POST', '/api/v1/chat/stream', { message: 'x', conversationId: 'one' })
    .then((reply) => reply.text())
  for (let i = 0; i < 2; i++) await gateway.call('POST', '/api/v1/chat', { message: 'x' })

  for (const query of ['', '?limit=1', '?channel=telegram']) {
    expectValid(
      'GET',
      '/api/v1/conversations',
      await (await gateway.call('GET', `/api/v1/conversations${query}`)).json(),
    )
  }
  for (const query of ['', '?limit=1']) {
    const found: unknown = await (await gateway.call('GET', `/api/v1/conversations/one${query}`)).json()
    expectValid('GET', '/api/v1/conversations/{id}', found)
  }
  expectValid(
    'DELETE',
    '/api/v1/conversations/{id}',
    await (await gateway.call('DELETE', '/api/v1/conversations/one')).json(),
  )
  const origin = { origin: 'https://app.example.com' }
  const made: unknown = await (await gateway.call('POST', '/api/v1/tokens/session', origin)).json()
  expectValid('POST', '/api/v1/tokens/session', made)
  const simple = operations.filter(
    ({ method, path }) => method === 'GET' && path !== '/docs' && !path.includes('{'),
  )
  for (const { path } of simple) {
    expectValid('GET', path, await (await gateway.call('GET', path)).json())
  }
})

test('every frame of a stream is as its schema says, done and error too', async () => {
  for (const behaviour of [
    {},
    { pieces: [] },
    { fault: 'truncate' },
    { errorEvent: { type: 'server_error', message: 'Oh no' } },
  ] as const) {
    provider.next(behaviour)
    const reply = await gateway.call('POST', '/api/v1/chat/stream', { message: 'x' })
    const frames = framesOf(await reply.text())
    assert.ok(frames.length >= 2)
    for (const { data } of frames) expectValid('POST', '/api/v1/chat/stream', data)
  }
})

test('no operation was left out but the page, and those that need a channel or a webhook endpoint', () => {
  const unseen = operations
    .filter((operation) => !seen.has(operation))
    .map(({ method, path }) => `${method} ${path}`)
    .filter((route) => !/ \/api\/v1\/(?:send$|webhooks\/)/.test(route))
  assert.deepEqual(unseen, ['GET /docs'])
})

test('every error is as its schema says', async () => {
  const validate = new Ajv2020({ strict: false }).compile(
    fieldsOf(at(document, 'components', 'schemas', 'Error')),
  )
  provider.next({ reply: { status: 429, headers: { 'retry-after': '3' } } })
  const replies = [
    await gateway.call('POST', '/api/v1/chat', { message: 'x' }),
    await gateway.call('POST', '/api/v1/chat', { mesage: 'x' }),
    await gateway.call('POST', '/api/v1/chat', { message: 'x', model: 'nope' }),
    await gateway.call('GET', '/nope'),
    await fetch(`${gateway.url}/api/v1/models`),
  ]
  for (const reply of replies) {
    assert.ok(reply.status >= 400)
    const body: unknown = await reply.json()
    assert.ok(validate(body), JSON.stringify([validate.errors, body]))
  }
})

test('what the document says of a chat body is what the gateway takes and refuses', async () => {
  const schema = at(
    document,
    'paths',
    '/api/v1/chat',
    'post',
    'requestBody',
    'content',
    'application/json',
    'schema',
  )
  const validate = new Ajv2020({ strict: false }).compile(fieldsOf(schema))
  const bodies = [
    { message: 'x' },
    { message: 'x', metadata: { a: 'b' } },
    { message: 'x', metadata: { 'a\nb': 5 } },
    { message: 'x', metadata: { ['k'.repeat(65)]: 'v' } },
    { message: '' },
    { message: 5 },
    {},
    { message: 'x', nope: true },
    { message: 'x', temperature: 2.1 },
    { message: 'x', conversationId: 'a b' },
  ]
  for (const body of bodies) {
    const { status } = await gateway.call('POST', '/api/v1/chat', body)
    assert.equal(status, validate(body) ? 200 : 400, JSON.stringify(body))
  }
})
