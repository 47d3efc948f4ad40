import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import { startGateway } from '../support/gateway.ts'
import { numberAt } from '../support/json.ts'
import { type AskedRequest, ask, type ConnectionReply } from './support/connection.ts'
import { handClock, hostGateway } from './support/hosted-gateway.ts'

const models = '/api/v1/models'
const start = Date.parse('2026-04-09T10:00:00Z')
// A timer may fire a millisecond before its time.
const timerGrainMs = 2

function limitOf(maxRequests: number, windowMs = 60_000): Readonly<Record<string, number>> {
  return { maxRequests, windowMs }
}

test('of 200 requests at once against a limit of 50, exactly 50 pass', async () => {
  const gateway = await startGateway({
    config: { api: { rateLimit: { perToken: limitOf(50) } } },
    tokens: { reader: { scope: ['read'] }, chatter: { scope: ['chat'] } },
  })
  try {
    for (const [name, method, path, body] of [
      ['reader', 'GET', models, undefined],
      ['chatter', 'POST', '/api/v1/chat', { message: 'echo x' }],
    ] as const) {
      const secret = gateway.secrets[name]
      const replies = await Promise.all(
        Array.from({ length: 200 }, () => gateway.call(method, path, body, secret)),
      )
      const refused = replies.filter((reply) => reply.status === 429)
      assert.equal(replies.filter((reply) => reply.status === 200).length, 50, path)
      assert.equal(refused.length, 150, path)
      for (const reply of refused) await expectError(reply, 429, 'rate_limit_exceeded')
    }
  } finally {
    await gateway.stop()
  }
})

test('retryAfter is a whole number, the same in header and body, and true to the millisecond', async () => {
  const clock = handClock(start)
  await using gateway = await hostGateway({
    api: { rateLimit: { perToken: limitOf(3, 2_000) } },
    tokens: { reader: { scope: ['read'] } },
    clock,
  })
  const get = (): Promise<ConnectionReply> =>
    ask(gateway.url, { target: models, token: gateway.secret('reader') })
  const waitSeconds = async (): Promise<number> =>
    numberAt(await expectError(await get(), 429, 'rate_limit_exceeded'), 'retryAfter')

  for (const at of [0, 300, 600]) {
    clock.advance(at === 0 ? 0 : 300)
    assert.equal((await get()).status, 200)
  }
  // The first of the three runs out 2,000 ms after it came, which is in 1,400 ms.
  assert.equal(await waitSeconds(), 2)
  clock.advance(1_399)
  assert.equal(await waitSeconds(), 1)
  clock.advance(1)
  assert.equal((await get()).status, 200)
  // The next one runs out 300 ms later, whatever was refused meanwhile.
  for (let i = 0; i < 20; i++) assert.equal(await waitSeconds(), 1)
  clock.advance(300)
  assert.equal((await get()).status, 200)
})

test('after retryAfter seconds of real time a request passes', async () => {
  await using gateway = await hostGateway({
    api: { rateLimit: { perToken: limitOf(2, 2_000) } },
    tokens: { reader: { scope: ['read'] } },
  })
  const get = (): Promise<ConnectionReply> =>
    ask(gateway.url, { target: models, token: gateway.secret('reader') })
  assert.deepEqual([(await get()).status, (await get()).status], [200, 200])
  const body = await expectError(await get(), 429, 'rate_limit_exceeded')
  await new Promise((resolve) => setTimeout(resolve, numberAt(body, 'retryAfter') * 1_000 + timerGrainMs))
  assert.equal((await get()).status, 200)
})

test('a request is taken from its token and from all together, or from neither', async () => {
  const clock = handClock(start)
  await using gateway = await hostGateway({
    api: { rateLimit: { perToken: limitOf(4, 10_000), global: limitOf(6, 30_000) } },
    tokens: { a: { scope: ['read'] }, b: { scope: ['read'] } },
    clock,
  })
  const get = (name: string): Promise<ConnectionReply> =>
    ask(gateway.url, { target: models, token: gateway.secret(name) })
  for (let i = 0; i < 4; i++) assert.equal((await get('a')).status, 200)
  // Refused by its own limit, which takes nothing from the common one: two places are left there.
  for (let i = 0; i < 10; i++) assert.equal((await get('a')).status, 429)
  assert.deepEqual([(await get('b')).status, (await get('b')).status], [200, 200])
  // Refused by the common one, which takes nothing of its own: its wait is that of the common window.
  const refused = await get('b')
  assert.equal(numberAt(await expectError(refused, 429, 'rate_limit_exceeded'), 'retryAfter'), 30)
  assert.equal(refused.headers.get('ratelimit'), '"global";r=0;t=30, "token";r=2;t=10')
  clock.advance(10_000)
  // Its own window is empty again, the common one is not.
  assert.equal((await get('a')).status, 429)
  clock.advance(20_000)
  assert.equal((await get('a')).status, 200)
})

test("a token's own rateLimit comes before the general one, and one token's requests are none of another's", async () => {
  await using gateway = await hostGateway({
    api: { rateLimit: { perToken: limitOf(2) } },
    tokens: { more: { scope: ['read'], rateLimit: 5 }, plain: { scope: ['read'] } },
    clock: handClock(start),
  })
  const statuses = async (name: string, count: number): Promise<readonly number[]> => {
    const token = gateway.secret(name)
    const replies: number[] = []
    for (let i = 0; i < count; i++) replies.push((await ask(gateway.url, { target: models, token })).status)
    return replies
  }
  assert.deepEqual(await statuses('more', 6), [200, 200, 200, 200, 200, 429])
  assert.deepEqual(await statuses('plain', 3), [200, 200, 429])
})

test('without any setting a token has 60 requests a minute, and there is no common limit', async () => {
  await using gateway = await hostGateway({
    tokens: { reader: { scope: ['read'] } },
    clock: handClock(start),
  })
  const reply = await ask(gateway.url, { target: models, token: gateway.secret('reader') })
  assert.equal(reply.headers.get('ratelimit-policy'), '"token";q=60;w=60')
})

test('with api.auth disabled everybody together has the limit of one token', async () => {
  await using gateway = await hostGateway({
    api: { auth: { enabled: false }, rateLimit: { perToken: limitOf(5) } },
    tokens: {},
    clock: handClock(start),
  })
  const requests: readonly AskedRequest[] = [
    { target: models },
    { target: models, token: 'whatever' },
    { method: 'POST', target: '/api/v1/chat', body: { message: 'echo x' } },
    { method: 'POST', target: '/api/v1/chat', body: {} },
    { target: '/api/v1/conversations' },
  ]
  const statuses: number[] = []
  for (const request of requests) statuses.push((await ask(gateway.url, request)).status)
  assert.deepEqual(statuses, [200, 200, 200, 400, 200])
  await expectError(await ask(gateway.url, { target: models }), 429, 'rate_limit_exceeded')
  assert.equal((await ask(gateway.url, { target: '/health' })).status, 200)
})

test('preflights, /health and the API reference are not counted', async () => {
  await using gateway = await hostGateway({
    api: { rateLimit: { perToken: limitOf(1) }, security: { cors: { origins: ['https://app.example'] } } },
    tokens: { reader: { scope: ['read'] } },
    clock: handClock(start),
  })
  const token = gateway.secret('reader')
  const headers = ['Origin: https://app.example', 'Access-Control-Request-Method: GET']
  for (let i = 0; i < 5; i++) {
    assert.equal((await ask(gateway.url, { method: 'OPTIONS', target: models, token, headers })).status, 204)
    assert.equal((await ask(gateway.url, { target: '/health', token })).status, 200)
    assert.equal((await ask(gateway.url, { target: '/docs', token })).status, 200)
  }
  assert.equal((await ask(gateway.url, { target: models, token })).status, 200)
  // A preflight is answered also where nothing is left, so that the page can read the 429 that follows.
  assert.equal((await ask(gateway.url, { target: models, token })).status, 429)
  assert.equal((await ask(gateway.url, { method: 'OPTIONS', target: models, headers })).status, 204)
})
