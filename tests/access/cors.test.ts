import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import { ScriptedProvider, saying, untilAborted } from '../support/scripted-provider.ts'
import { type AskedRequest, ask, bytesOf, Connection, type ConnectionReply } from './support/connection.ts'
import { type HostedGateway, handClock, hostGateway } from './support/hosted-gateway.ts'
import { until } from './support/until.ts'

const page = 'https://app.example'
const models = '/api/v1/models'
const origin = `Origin: ${page}`
const preflight = [
  origin,
  'Access-Control-Request-Method: POST',
  'Access-Control-Request-Headers: authorization',
]

function forPage(more: Readonly<Record<string, unknown>> = {}, cors: object = {}): Promise<HostedGateway> {
  return hostGateway({
    api: { security: { cors: { origins: [page], ...cors } }, ...more },
    tokens: { admin: { scope: ['admin'], rateLimit: 20 } },
    clock: handClock(Date.parse('2026-04-09T10:00:00Z')),
    providers: [
      new ScriptedProvider('scripted', ['one'], async function* (turn) {
        if (turn.messages.at(-1)?.content === 'break') throw new TypeError('what no one has thought of')
        yield* saying('Hello.')
      }),
    ],
  })
}

function expectReadable(reply: ConnectionReply): void {
  assert.equal(reply.headers.get('access-control-allow-origin'), page)
  assert.equal(reply.headers.get('vary'), 'Origin')
  assert.match(reply.headers.get('access-control-expose-headers') ?? '', /\bRetry-After\b/)
  assert.equal(reply.headers.get('access-control-allow-credentials'), null)
}

test('a page may read also what is refused early: 400 of a bad URL, 403, 421, 429 and 500', async () => {
  await using gateway = await forPage()
  await using closed = await forPage({ security: { allowedIPs: [], cors: { origins: [page] } } })
  const token = gateway.secret()
  const chat = { method: 'POST', target: '/api/v1/chat', token, body: { message: 'break' } }
  const cases: readonly (readonly [number, string, AskedRequest, HostedGateway])[] = [
    [400, 'invalid_request', { target: '/%ff', token }, gateway],
    [400, 'invalid_request', { target: models, token, headers: ['Host: localhost'] }, gateway],
    [403, 'ip_not_allowed', { target: models, token }, closed],
    [421, 'misdirected_host', { target: models, token, host: 'evil.example' }, gateway],
    [500, 'internal_error', chat, gateway],
  ]
  for (const [status, code, request, asked] of cases) {
    const headers = [...(request.headers ?? []), origin]
    const reply = await ask(asked.url, { ...request, headers })
    await expectError(reply, status, code)
    expectReadable(reply)
  }
  for (let i = 0; i < 20; i++) await ask(gateway.url, { target: models, token })
  for (const request of [{ target: models }, { ...chat, target: '/api/v1/chat/stream' }]) {
    const reply = await ask(gateway.url, { ...request, token, headers: [origin] })
    await expectError(reply, 429, 'rate_limit_exceeded')
    expectReadable(reply)
  }
})

test('a page may read a stream, and the error that ends it', async () => {
  await using gateway = await forPage()
  for (const [message, type] of [
    ['Hi', 'done'],
    ['break', 'internal_error'],
  ]) {
    const reply = await ask(gateway.url, {
      method: 'POST',
      target: '/api/v1/chat/stream',
      token: gateway.secret(),
      headers: [origin],
      body: { message },
    })
    expectReadable(reply)
    assert.ok(reply.body.includes(`"${type}"`), reply.body)
  }
})

test('a page may read that the gateway is stopping', async () => {
  let goOn = (): void => undefined
  const gate = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const provider = new ScriptedProvider('scripted', ['one'], async function* (_turn, signal) {
    await Promise.race([gate, untilAborted(signal)])
    yield* saying('Hello.')
  })
  await using gateway = await hostGateway({
    api: { security: { cors: { origins: [page] } } },
    providers: [provider],
  })
  using running = await Connection.open(gateway.url)
  using waiting = await Connection.open(gateway.url)
  const body = { message: 'Hi' }
  running.write(bytesOf({ method: 'POST', target: '/api/v1/chat', token: gateway.secret(), body }))
  assert.equal((await waiting.ask({ target: '/health' })).status, 200)
  await until('the turn runs', () => provider.running === 1)
  const closed = gateway.close(10_000)
  const reply = await waiting.ask({ target: models, token: gateway.secret(), headers: [origin] })
  await expectError(reply, 503, 'shutting_down')
  expectReadable(reply)
  await waiting.ended()
  goOn()
  assert.equal((await running.reply()).status, 200)
  await closed
})

test('a preflight is answered before the token, the limits and the route', async () => {
  await using gateway = await forPage()
  for (let i = 0; i < 25; i++) await ask(gateway.url, { target: models, token: gateway.secret() })
  for (const target of [models, '/api/v1/chat', '/nothing', '/health']) {
    const reply = await ask(gateway.url, { method: 'OPTIONS', target, token: 'wrong', headers: preflight })
    assert.equal(reply.status, 204, target)
    expectReadable(reply)
    assert.equal(reply.headers.get('access-control-allow-methods'), 'GET, POST, DELETE')
    assert.equal(reply.headers.get('ratelimit'), null)
  }
})

test('a preflight that is refused for its address or host says that it may be read, and allows nothing', async () => {
  await using gateway = await forPage({ security: { allowedIPs: [], cors: { origins: [page] } } })
  const reply = await ask(gateway.url, { method: 'OPTIONS', target: models, headers: preflight })
  await expectError(reply, 403, 'ip_not_allowed')
  assert.equal(reply.headers.get('access-control-allow-methods'), null)
})

test('origins are compared to the letter, and two are none', async () => {
  await using gateway = await forPage()
  const wrong = [
    'null',
    '',
    '*',
    'https://APP.example',
    'HTTPS://app.example',
    `${page}:443`,
    `${page}.`,
    `${page}/`,
    'https://app.example.evil',
    'https://evilapp.example',
    'https://app.example@evil',
    `${page} https://evil.example`,
    `${page}, https://evil.example`,
  ]
  for (const value of wrong) {
    const headers = [`Origin: ${value}`, 'Access-Control-Request-Method: POST']
    const asked = await ask(gateway.url, { method: 'OPTIONS', target: models, headers })
    await expectError(asked, 403, 'origin_not_allowed')
    const reply = await ask(gateway.url, {
      target: models,
      token: gateway.secret(),
      headers: headers.slice(0, 1),
    })
    for (const { headers: got } of [asked, reply]) {
      assert.equal(got.get('access-control-allow-origin'), null, value)
      assert.equal(got.get('vary'), 'Origin', value)
    }
  }
  const twice = await ask(gateway.url, {
    method: 'OPTIONS',
    target: models,
    headers: [...preflight, 'Origin: https://evil.example'],
  })
  assert.ok([null, page].includes(twice.headers.get('access-control-allow-origin')))
})

test('without origins, or switched off, no page is answered', async () => {
  for (const cors of [{ origins: [] }, { enabled: false }]) {
    await using gateway = await forPage({}, cors)
    await expectError(
      await ask(gateway.url, { method: 'OPTIONS', target: models, headers: preflight }),
      403,
      'origin_not_allowed',
    )
    const reply = await ask(gateway.url, { target: models, token: gateway.secret(), headers: [origin] })
    assert.deepEqual([reply.status, reply.headers.get('access-control-allow-origin')], [200, null])
  }
})

test('the config takes no wildcard and no null for an origin', async () => {
  for (const value of ['*', 'null', 'https://app.example/', 'app.example', '']) {
    await assert.rejects(async () => await forPage({}, { origins: [value] }), value)
  }
})
