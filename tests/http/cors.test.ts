import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { useGateway } from '../support/use-gateway.ts'

const page = 'https://app.example'
const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack, {
    config: { api: { security: { cors: { origins: [page], methods: ['GET', 'POST', 'DELETE'] } } } },
  })
})
after(() => stack.disposeAsync())

function preflight(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'OPTIONS',
    headers: { Origin: page, 'Access-Control-Request-Method': 'POST', ...headers },
  })
}

function expectReadable(reply: Response): void {
  assert.equal(reply.headers.get('access-control-allow-origin'), page)
  assert.match(reply.headers.get('vary') ?? '', /\bOrigin\b/)
  const exposed = (reply.headers.get('access-control-expose-headers') ?? '').split(', ')
  for (const name of [
    'Retry-After',
    'RateLimit',
    'RateLimit-Policy',
    'X-RateLimit-Remaining',
    'X-Request-Id',
    'X-OpenClaw-Model-Alias',
  ]) {
    assert.ok(exposed.includes(name), name)
  }
}

test('a preflight is answered without a token, on every path', async () => {
  for (const path of [
    '/api/v1/chat',
    '/api/v1/chat/stream',
    '/api/v1/conversations/conv_1',
    '/health/detail',
  ]) {
    const reply = await preflight(path)
    assert.deepEqual([reply.status, await reply.text()], [204, ''])
    expectReadable(reply)
    assert.equal(reply.headers.get('access-control-allow-methods'), 'GET, POST, DELETE')
    assert.equal(
      reply.headers.get('access-control-allow-headers'),
      'Authorization, Content-Type, Idempotency-Key, X-Request-Id',
    )
    assert.equal(reply.headers.get('access-control-allow-credentials'), null)
    assert.ok(Number(reply.headers.get('access-control-max-age')) > 0)
  }
})

test('a page may read a reply and every error', async () => {
  const Origin = page
  const known = { Origin, Authorization: `Bearer ${gateway.token}` }
  const json = { ...known, 'Content-Type': 'application/json' }
  const post = (headers: Record<string, string>, body: string, path = '/api/v1/chat'): Promise<Response> =>
    fetch(gateway.url + path, { method: 'POST', headers, body })
  const replies: readonly (readonly [number, Response])[] = [
    [200, await fetch(`${gateway.url}/api/v1/models`, { headers: known })],
    [200, await fetch(`${gateway.url}/health`, { headers: { Origin } })],
    [200, await post(json, '{"message":"echo x"}')],
    [200, await post(json, '{"message":"echo x"}', '/api/v1/chat/stream')],
    [400, await post(json, '{')],
    [401, await fetch(`${gateway.url}/api/v1/models`, { headers: { Origin } })],
    [404, await fetch(`${gateway.url}/nope`, { headers: known })],
    [405, await fetch(`${gateway.url}/health`, { method: 'POST', headers: known })],
    [413, await post(json, 'x'.repeat(1_100_000))],
    [415, await post(known, 'x')],
    [502, await post(json, '{"message":"error 500"}')],
    [503, await post(json, '{"message":"error 429"}')],
  ]
  for (const [status, reply] of replies) {
    assert.equal(reply.status, status)
    expectReadable(reply)
    await reply.arrayBuffer()
  }
})

test('another origin gets no header that lets it read, and its preflight is refused', async () => {
  for (const origin of [
    'https://evil.example',
    'https://app.example.evil',
    'http://app.example',
    'https://app.example:444',
    'null',
    '*',
    `${page}/`,
  ]) {
    const reply = await fetch(`${gateway.url}/health`, { headers: { Origin: origin } })
    assert.equal(reply.headers.get('access-control-allow-origin'), null, origin)
    const asked = await preflight('/api/v1/chat', { Origin: origin })
    await expectError(asked, 403, 'origin_not_allowed')
    assert.equal(asked.headers.get('access-control-allow-origin'), null, origin)
  }
})

test('caches are told that replies differ by origin, also where none was sent', async () => {
  assert.match((await fetch(`${gateway.url}/health`)).headers.get('vary') ?? '', /\bOrigin\b/)
})
