import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import { textAt } from '../support/json.ts'
import { ask } from './support/connection.ts'
import { type HostedGateway, hostGateway } from './support/hosted-gateway.ts'

const models = '/api/v1/models'
const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
)

/** The status that a client at a loopback address gets, with a good token. */
async function statusFrom(
  gateway: HostedGateway,
  localAddress: string,
  target = models,
  ...forwarded: readonly string[]
): Promise<number> {
  const headers = forwarded.map((value) => `X-Forwarded-For: ${value}`)
  const reply = await ask(gateway.url, { target, token: gateway.secret(), headers }, { localAddress })
  if (reply.status === 403) await expectError(reply, 403, 'ip_not_allowed')
  return reply.status
}

/** The address that the gateway takes a client for, as its error says it. */
async function addressSeen(
  gateway: HostedGateway,
  forwarded: readonly string[],
  localAddress = '127.0.0.1',
): Promise<string> {
  const headers = forwarded.map((value) => `X-Forwarded-For: ${value}`)
  const reply = await ask(gateway.url, { target: models, headers }, { localAddress })
  const message = textAt(await expectError(reply, 403, 'ip_not_allowed'), 'message')
  return /^The address (\S+) may not/.exec(message)?.[1] ?? message
}

function allowing(allowedIPs: readonly string[] | undefined, more: object = {}): Promise<HostedGateway> {
  return hostGateway({ api: { security: allowedIPs === undefined ? {} : { allowedIPs }, ...more } })
}

test('an absent list allows every address', async () => {
  await using gateway = await allowing(undefined)
  assert.deepEqual(
    [await statusFrom(gateway, '127.0.0.1'), await statusFrom(gateway, '127.0.0.2')],
    [200, 200],
  )
})

test('an empty list allows nobody, but /health', async () => {
  await using gateway = await allowing([])
  for (const target of [models, '/docs', '/api/v1/openapi.json', '/nothing', '/health/detail', '/health/']) {
    assert.equal(await statusFrom(gateway, '127.0.0.1', target), 403, target)
  }
  assert.equal(await statusFrom(gateway, '127.0.0.1', '/health'), 200)
  assert.equal(await statusFrom(gateway, '127.0.0.1', '/health?x=y'), 200)
})

test('a list allows its addresses and ranges alone, before any token is looked at', async () => {
  await using gateway = await allowing(['127.0.0.2', '127.0.1.0/24'])
  for (const address of ['127.0.0.2', '127.0.1.0', '127.0.1.255']) {
    assert.equal(await statusFrom(gateway, address), 200, address)
  }
  for (const address of ['127.0.0.1', '127.0.0.3', '127.0.2.0', '127.0.0.255']) {
    assert.equal(await statusFrom(gateway, address), 403, address)
  }
  const stranger = await ask(gateway.url, { target: models }, { localAddress: '127.0.0.3' })
  await expectError(stranger, 403, 'ip_not_allowed')
  await expectError(
    await ask(gateway.url, { target: models }, { localAddress: '127.0.0.2' }),
    401,
    'unauthorized',
  )
})

test('no way to write /health leads past the list to anything else', async () => {
  await using gateway = await allowing([])
  const targets = [
    '/health/..%2fapi/v1/models',
    '/health/../api/v1/models',
    '//health',
    '/%68ealth',
    '/health;/../api/v1/models',
    '/health%3f',
    '/HEALTH',
    '/health%00',
    `http://localhost${models}`,
    'http://localhost/health',
  ]
  for (const target of targets) assert.equal(await statusFrom(gateway, '127.0.0.1', target), 403, target)
})

test("a token's own list is beside the general one, and counts after its limit", async () => {
  await using gateway = await hostGateway({
    api: { security: { allowedIPs: ['127.0.0.2', '127.0.0.3'] } },
    tokens: {
      admin: { scope: ['admin'] },
      two: { scope: ['read'], allowedIPs: ['127.0.0.2'] },
      nowhere: { scope: ['admin'], allowedIPs: [] },
    },
  })
  const get = (name: string, localAddress: string) =>
    ask(gateway.url, { target: models, token: gateway.secret(name) }, { localAddress })
  assert.equal((await get('admin', '127.0.0.3')).status, 200)
  assert.equal((await get('two', '127.0.0.2')).status, 200)
  const refused = await get('two', '127.0.0.3')
  await expectError(refused, 403, 'ip_not_allowed')
  assert.equal(refused.headers.get('x-ratelimit-remaining'), '58')
  await expectError(await get('nowhere', '127.0.0.2'), 403, 'ip_not_allowed')
  await expectError(await get('two', '127.0.0.1'), 403, 'ip_not_allowed')
})

test('X-Forwarded-For of a peer that is no trusted proxy says nothing', async () => {
  await using gateway = await allowing(['127.0.0.2', '192.0.2.1'], { trustedProxies: ['127.0.0.9'] })
  for (const forged of ['127.0.0.2', '192.0.2.1', '127.0.0.9', 'nonsense', '']) {
    assert.equal(await statusFrom(gateway, '127.0.0.1', models, forged), 403, forged)
    assert.equal(await statusFrom(gateway, '127.0.0.2', models, forged), 200, forged)
  }
  assert.equal(await addressSeen(gateway, ['192.0.2.1'], '127.0.0.3'), '127.0.0.3')
  assert.equal(await statusFrom(gateway, '127.0.0.9', models, '192.0.2.1'), 200)
})

test('without trusted proxies the header says nothing from anywhere', async () => {
  await using gateway = await allowing(['192.0.2.1'])
  assert.equal(await addressSeen(gateway, ['192.0.2.1']), '127.0.0.1')
})

test('behind trusted proxies the client is the rightmost address that is none of them', async () => {
  await using gateway = await allowing([], { trustedProxies: ['127.0.0.1', '10.0.0.0/8', '2001:db8:1::/48'] })
  const cases: readonly (readonly [readonly string[], string])[] = [
    [[], '127.0.0.1'],
    [['192.0.2.1'], '192.0.2.1'],
    // What the client wrote itself stands to the left of what the first proxy has seen.
    [['203.0.113.9, 192.0.2.1'], '192.0.2.1'],
    [['127.0.0.1, 192.0.2.1'], '192.0.2.1'],
    [['203.0.113.9, 192.0.2.1, 10.1.2.3, 10.200.0.1'], '192.0.2.1'],
    [['192.0.2.1,10.1.2.3,2001:db8:1::5'], '192.0.2.1'],
    [[' 192.0.2.1 ,\t10.1.2.3 '], '192.0.2.1'],
    [['10.1.2.3, 10.1.2.4'], '10.1.2.3'],
    // Several headers are one list, in their order.
    [['203.0.113.9', '192.0.2.1'], '192.0.2.1'],
    [['192.0.2.1', '10.1.2.3'], '192.0.2.1'],
    [['::ffff:192.0.2.1'], '192.0.2.1'],
    [['::FFFF:C000:0201'], '192.0.2.1'],
    [['0:0:0:0:0:ffff:192.0.2.1'], '192.0.2.1'],
    [['192.0.2.1, ::ffff:10.1.2.3'], '192.0.2.1'],
    [['2001:DB8:0:0::7'], '2001:db8::7'],
    [['192.0.2.1, 2001:0DB8:0001:0:0:0:0:9'], '192.0.2.1'],
    [['fe80::1%eth0'], 'fe80::1'],
  ]
  for (const [forwarded, seen] of cases)
    assert.equal(await addressSeen(gateway, forwarded), seen, forwarded.join(' | '))
})

test('an entry that is no address is a client that no list holds', async () => {
  const garbage = [
    '',
    'unknown',
    '_hidden',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4:80',
    '[::1]',
    '[::1]:80',
    '1.2.3.4%eth0',
    '127.0.0.1/8',
    '0x7f.1',
    '2130706433',
    ':::',
    '::ffff:999.1.1.1',
    '"192.0.2.1"',
    'for=192.0.2.1',
    '192.0.2.1;10.0.0.1',
    'é',
  ]
  await using gateway = await allowing(['0.0.0.0/0', '::/0'], { trustedProxies: ['127.0.0.1'] })
  for (const entry of garbage) {
    assert.equal(await addressSeen(gateway, [entry]), 'unknown', entry)
    assert.equal(await addressSeen(gateway, [`192.0.2.1, ${entry}`]), 'unknown', entry)
    assert.equal(await addressSeen(gateway, ['192.0.2.1', entry]), 'unknown', entry)
    // To the left of a real client it is only what that client has made up.
    assert.equal(await statusFrom(gateway, '127.0.0.1', models, `${entry}, 192.0.2.1`), 200, entry)
  }
})

test("an allowed client behind a proxy is allowed by its own address, not by the proxy's", async () => {
  await using gateway = await allowing(['192.0.2.0/24', '127.0.0.1'], { trustedProxies: ['127.0.0.1'] })
  assert.equal(await statusFrom(gateway, '127.0.0.1', models, '192.0.2.7'), 200)
  assert.equal(await statusFrom(gateway, '127.0.0.1', models, '192.0.3.7'), 403)
  assert.equal(await statusFrom(gateway, '127.0.0.1', models), 200)
})

test('a list of 16 KB of hops is read without harm', async () => {
  await using gateway = await allowing([], { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] })
  assert.equal(await addressSeen(gateway, [`192.0.2.1${',10.0.0.1'.repeat(1_600)}`]), '192.0.2.1')
  assert.equal(await addressSeen(gateway, [','.repeat(15_000)]), 'unknown')
})

test('ranges: IPv4-mapped ones are IPv4, and neither family stands for the other', async () => {
  const seen = async (allowedIPs: readonly string[], client: string): Promise<number> => {
    await using gateway = await allowing(allowedIPs, { trustedProxies: ['127.0.0.1'] })
    return await statusFrom(gateway, '127.0.0.1', models, client)
  }
  assert.equal(await seen(['::ffff:192.0.2.0/120'], '192.0.2.200'), 200)
  assert.equal(await seen(['::ffff:192.0.2.0/120'], '192.0.3.1'), 403)
  assert.equal(await seen(['::FFFF:c000:0200/120'], '::ffff:192.0.2.9'), 200)
  assert.equal(await seen(['2001:DB8::/32'], '2001:db8:ffff::1'), 200)
  assert.equal(await seen(['2001:DB8::/32'], '2001:db9::1'), 403)
  assert.equal(await seen(['::/0'], '192.0.2.1'), 403)
  assert.equal(await seen(['0.0.0.0/0'], '2001:db8::1'), 403)
  assert.equal(await seen(['0.0.0.0/0'], '192.0.2.1'), 200)
})

test('over IPv6 a client is its address, and an IPv4 one on a dual socket its IPv4', {
  skip: !hasIpv6,
}, async () => {
  await using six = await allowing(['::1'], { host: '::1' })
  assert.equal((await ask(six.url, { target: models, token: six.secret() })).status, 200)
  await using others = await allowing(['127.0.0.1'], { host: '::1' })
  await expectError(await ask(others.url, { target: models, token: others.secret() }), 403, 'ip_not_allowed')
  await using dual = await allowing(['127.0.0.2'], { host: '::' })
  const url = dual.url.replace('[::]', '127.0.0.1')
  const from = (localAddress: string) => ask(url, { target: models, token: dual.secret() }, { localAddress })
  assert.equal((await from('127.0.0.2')).status, 200)
  await expectError(await from('127.0.0.3'), 403, 'ip_not_allowed')
})
