import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import { numberAt } from '../support/json.ts'
import { type AskedRequest, ask, type ConnectionReply } from './support/connection.ts'
import { type HandClock, type HostedGateway, handClock, hostGateway } from './support/hosted-gateway.ts'

const models = '/api/v1/models'
const failuresMax = 60

let gateway: HostedGateway
let clock: HandClock

before(async () => {
  clock = handClock(Date.parse('2026-04-09T10:00:00Z'))
  gateway = await hostGateway({
    // A stand-in for a proxy, so that a test can be at any address.
    api: { trustedProxies: ['127.0.0.1'], rateLimit: { perToken: { windowMs: 60_000, maxRequests: 1_000 } } },
    tokens: { admin: { scope: ['admin'] }, reader: { scope: ['read'] } },
    clock,
  })
})
after(() => gateway[Symbol.asyncDispose]())

function from(address: string, request: Partial<AskedRequest> = {}): Promise<ConnectionReply> {
  return ask(gateway.url, { target: models, ...request, headers: [`X-Forwarded-For: ${address}`] })
}

async function failAsOftenAsAllowed(address: string): Promise<void> {
  for (let i = 0; i < failuresMax; i++) {
    const request = [{}, { token: 'wrong' }, { target: '/api/v1/nothing', token: 'wrong' }][i % 3]
    await expectError(await from(address, request), 401, 'unauthorized')
  }
}

test('after 60 failures in a minute an address is refused its wrong and missing tokens, and told for how long', async () => {
  await failAsOftenAsAllowed('192.0.2.1')
  for (const request of [{}, { token: 'wrong' }, { target: '/api/v1/nothing', token: 'wrong' }]) {
    const reply = await from('192.0.2.1', request)
    const body = await expectError(reply, 429, 'rate_limit_exceeded')
    assert.equal(numberAt(body, 'retryAfter'), 60)
    assert.equal(reply.headers.get('ratelimit'), null)
  }
  clock.advance(59_999)
  const body = await expectError(await from('192.0.2.1'), 429, 'rate_limit_exceeded')
  assert.equal(numberAt(body, 'retryAfter'), 1)
  clock.advance(1)
  await expectError(await from('192.0.2.1'), 401, 'unauthorized')
})

test('a good token always passes, also from an address that is refused its wrong ones', async () => {
  await failAsOftenAsAllowed('192.0.2.2')
  await expectError(await from('192.0.2.2', { token: 'wrong' }), 429, 'rate_limit_exceeded')
  assert.equal((await from('192.0.2.2', { token: gateway.secret() })).status, 200)
  assert.equal((await from('192.0.2.2', { target: '/health' })).status, 200)
  assert.equal((await from('192.0.2.2', { target: '/docs' })).status, 200)
})

test("failures do not count against a token, and a token's requests not as failures", async () => {
  const remaining = async (): Promise<number> =>
    Number((await from('192.0.2.3', { token: gateway.secret() })).headers.get('x-ratelimit-remaining'))
  const before = await remaining()
  await failAsOftenAsAllowed('192.0.2.3')
  await from('192.0.2.3', { token: `${gateway.secret()}x` })
  assert.equal(await remaining(), before - 1)
})

test('what a good token is refused for is no failed login', async () => {
  const send = { method: 'POST', target: '/api/v1/send', token: gateway.secret('reader'), body: {} }
  for (let i = 0; i <= failuresMax; i++) {
    await expectError(await from('192.0.2.7', send), 403, 'insufficient_scope')
  }
  await expectError(await from('192.0.2.7'), 401, 'unauthorized')
})

test('the failures of one address are none of another', async () => {
  await failAsOftenAsAllowed('192.0.2.4')
  await expectError(await from('192.0.2.4'), 429, 'rate_limit_exceeded')
  await expectError(await from('192.0.2.5'), 401, 'unauthorized')
})

test('an IPv6 subscriber is its /64, in whatever notation', async () => {
  await failAsOftenAsAllowed('2001:db8:1:2::1')
  for (const same of [
    '2001:db8:1:2::2',
    '2001:DB8:1:2:ffff:ffff:ffff:ffff',
    '2001:0db8:0001:0002::',
    '2001:db8:1:2:0:0:192.0.2.1',
  ]) {
    await expectError(await from(same), 429, 'rate_limit_exceeded')
  }
  for (const other of ['2001:db8:1:3::1', '2001:db8:1::1', '2001:db8::1:2:0:0:1']) {
    await expectError(await from(other), 401, 'unauthorized')
  }
})

test('an IPv4-mapped address is that IPv4 address, and its neighbours are not', async () => {
  await failAsOftenAsAllowed('192.0.2.6')
  for (const same of ['::ffff:192.0.2.6', '::FFFF:c000:0206', '0:0:0:0:0:ffff:192.0.2.6']) {
    await expectError(await from(same), 429, 'rate_limit_exceeded')
  }
  await expectError(await from('::ffff:c000:0207'), 401, 'unauthorized')
})

test('clients whose address cannot be known count as one', async () => {
  await failAsOftenAsAllowed('nobody')
  await expectError(await from('999.1.1.1'), 429, 'rate_limit_exceeded')
})
