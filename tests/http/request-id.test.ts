import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at } from '../support/json.ts'
import { type RawReply, rawRequest, sendRaw } from '../support/raw-http.ts'
import { useGateway } from '../support/use-gateway.ts'

const own = /^req_[0-9A-Za-z]{26}$/
const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack)
})
after(() => stack.disposeAsync())

function health(...headers: readonly string[]): Promise<RawReply> {
  return sendRaw(gateway.url, rawRequest({ target: '/health', headers }))
}

test("the caller's own id comes back where it is 1 to 128 of A-Z a-z 0-9 _ . -", async () => {
  for (const id of ['a', '-', '_', '.', 'req_1', 'A.b-C_9', 'x'.repeat(128)]) {
    assert.equal((await health(`X-Request-Id: ${id}`)).headers.get('x-request-id'), id)
  }
})

test('anything else is replaced by an id of the gateway', async () => {
  for (const id of ['', 'a b', 'a/b', 'a,b', 'ä', '<script>', 'a;b', '"a"', 'a:b', 'x'.repeat(129)]) {
    assert.match((await health(`X-Request-Id: ${id}`)).headers.get('x-request-id') ?? '', own, id)
  }
  const twice = await health('X-Request-Id: a', 'X-Request-Id: b')
  assert.match(twice.headers.get('x-request-id') ?? '', own)
})

test('without one every request gets another', async () => {
  const ids = await Promise.all(
    Array.from({ length: 20 }, async () => (await health()).headers.get('x-request-id')),
  )
  assert.equal(new Set(ids).size, 20)
  for (const id of ids) assert.match(id ?? '', own)
})

test('every reply carries it: 200, a stream, errors of every kind', async () => {
  const known = `Authorization: Bearer ${gateway.token}`
  const json = 'Content-Type: application/json'
  const requests = [
    { target: '/api/v1/models', headers: [known], status: 200 },
    { target: '/docs', headers: [], status: 200 },
    {
      method: 'POST',
      target: '/api/v1/chat',
      headers: [known, json],
      body: '{"message":"echo x"}',
      status: 200,
    },
    {
      method: 'POST',
      target: '/api/v1/chat/stream',
      headers: [known, json],
      body: '{"message":"echo x"}',
      status: 200,
    },
    {
      method: 'POST',
      target: '/api/v1/chat',
      headers: [known, json],
      body: '{"message":"error 500"}',
      status: 502,
    },
    { method: 'POST', target: '/api/v1/chat', headers: [known, json], body: '{', status: 400 },
    { method: 'POST', target: '/api/v1/chat', headers: [known], body: '{}', status: 415 },
    { target: '/api/v1/models', headers: [], status: 401 },
    { target: '/nope', headers: [], status: 404 },
    { target: '/%ff', headers: [], status: 400 },
    { target: `/api/v1/conversations/${'a'.repeat(300)}`, headers: [known], status: 400 },
    { method: 'PUT', target: '/health', headers: [], status: 405 },
  ]
  for (const { status, ...request } of requests) {
    const headers = [...request.headers, 'X-Request-Id: mine-1']
    const reply = await sendRaw(gateway.url, rawRequest({ ...request, headers }))
    assert.deepEqual([reply.status, reply.headers.get('x-request-id')], [status, 'mine-1'], request.target)
    if (status >= 400) assert.equal(at(JSON.parse(reply.body), 'requestId'), 'mine-1')
  }
})

test('what the parser refuses gets an id of the gateway', async () => {
  const reply = await sendRaw(gateway.url, 'GET / HTTP/1.1\r\nX-Request-Id: mine\r\nbroken\r\n\r\n')
  assert.equal(reply.status, 400)
  assert.match(reply.headers.get('x-request-id') ?? '', own)
})

test('the same id stands in the log line of the request, with the words api and request', async () => {
  await health('X-Request-Id: find-me-1')
  const line = await eventually('the line in the log', () =>
    gateway
      .output()
      .split('\n')
      .find((text) => text.includes('find-me-1')),
  )
  assert.match(line, /api request.*path=\/health.*status=200/)
})
