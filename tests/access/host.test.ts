import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { after, before, test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import { textAt } from '../support/json.ts'
import { ask, Connection, type ConnectionReply } from './support/connection.ts'
import { type HostedGateway, hostGateway } from './support/hosted-gateway.ts'

const models = '/api/v1/models'
const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
)

let gateway: HostedGateway

before(async () => {
  gateway = await hostGateway({
    api: {
      publicUrl: ['https://Gateway.Example.com:8443/base', 'http://[2001:db8::7]', 'http://192.0.2.7'],
      security: { cors: { origins: ['https://app.example'] } },
    },
  })
})
after(() => gateway[Symbol.asyncDispose]())

function asking(host: string, url = gateway.url): Promise<ConnectionReply> {
  return ask(url, { target: models, host, token: gateway.secret() })
}

test('loopback names and addresses are answered, with any port and in any notation', async () => {
  const { port } = new URL(gateway.url)
  const hosts = [
    'localhost',
    'LOCALHOST',
    'localhost.',
    `localhost:${port}`,
    'localhost:1',
    'localhost:',
    '127.0.0.1',
    `127.0.0.1:${port}`,
    '127.0.0.1.',
    '127.255.0.9',
    '[::1]',
    `[::1]:${port}`,
    '[0:0:0:0:0:0:0:1]',
    '[0000::0001]:80',
    '[::ffff:127.0.0.1]',
    '[::FFFF:7f00:1]',
  ]
  for (const host of hosts) assert.equal((await asking(host)).status, 200, host)
})

test('the hosts of publicUrl are answered, without regard to case, port and the last dot', async () => {
  for (const host of [
    'gateway.example.com',
    'GATEWAY.EXAMPLE.COM:8443',
    'gateway.example.com.',
    'gateway.example.com:1',
    '[2001:db8::7]',
    '[2001:DB8:0::0007]:80',
    '192.0.2.7:80',
  ]) {
    assert.equal((await asking(host)).status, 200, host)
  }
})

test('any other host is 421, before tokens, limits and routes: a rebound name never reaches the API', async () => {
  const hosts = [
    'evil.example',
    'localhost.evil.example',
    'evil.localhost',
    'xlocalhost',
    'localhost:80:80',
    'localhost@evil.example',
    'evil.example:80@localhost',
    'localhost,evil.example',
    'localhost evil.example',
    'localhost/',
    'localhost..',
    '.localhost',
    '',
    '.',
    ':80',
    '[',
    '[]',
    '[::1',
    '::1',
    '[::2]',
    '[::1]x',
    '[::1%25lo]',
    '127.0.0.1.evil.example',
    '127.0.0.1.nip.io',
    '0.0.0.0',
    '[::]',
    '169.254.169.254',
    '127.1',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '2130706433',
    '128.0.0.1',
    '10.0.0.1',
    'example.com',
    'sub.gateway.example.com',
    'gateway.example.com.evil.example',
    'gateway.example.com..',
    '192.0.2.8',
    '\u212Aocalhost',
    'xn--localhost',
  ]
  for (const host of hosts) {
    const reply = await asking(host)
    assert.equal(reply.status, 421, host)
    const body = await expectError(reply, 421, 'misdirected_host')
    assert.match(textAt(body, 'message'), /api\.publicUrl/)
  }
  for (const target of ['/health', '/docs', '/nothing', '/%ff']) {
    await expectError(await ask(gateway.url, { target, host: 'evil.example' }), 421, 'misdirected_host')
  }
})

test('a preflight for another host is 421 as well, also from an allowed page', async () => {
  const headers = ['Origin: https://app.example', 'Access-Control-Request-Method: GET']
  const reply = await ask(gateway.url, { method: 'OPTIONS', target: models, host: 'evil.example', headers })
  await expectError(reply, 421, 'misdirected_host')
  assert.equal(reply.headers.get('access-control-allow-methods'), null)
})

test('the message repeats at most 100 characters of a host', async () => {
  const body = await expectError(await asking(`${'a'.repeat(5_000)}.example`), 421, 'misdirected_host')
  assert.ok(textAt(body, 'message').length < 250)
})

test('HTTP/1.0, as load balancers ask for health, needs no Host, but a wrong one is 421', async () => {
  const ask10 = async (...lines: readonly string[]): Promise<ConnectionReply> => {
    using connection = await Connection.open(gateway.url)
    connection.write(`GET /health HTTP/1.0\r\n${lines.join('')}\r\n`)
    const reply = await connection.reply()
    await connection.ended()
    return reply
  }
  assert.equal((await ask10()).status, 200)
  assert.equal((await ask10('Host: localhost\r\n')).status, 200)
  await expectError(await ask10('Host: evil.example\r\n'), 421, 'misdirected_host')
  await expectError(await ask10('Host: localhost\r\n', 'Host: localhost\r\n'), 400, 'invalid_request')
})

test('an absolute URL as target does not lead past the check of the Host header', async () => {
  const reply = await ask(gateway.url, {
    target: `http://localhost${models}`,
    host: 'evil.example',
    token: gateway.secret(),
  })
  await expectError(reply, 421, 'misdirected_host')
})

test('the address that a gateway listens on is its host, others of the machine are not', {
  skip: !hasIpv6,
}, async () => {
  await using dual = await hostGateway({ api: { host: '::' } })
  const { port } = new URL(dual.url)
  const asked = async (address: string, host: string): Promise<number> =>
    (await ask(`http://${address}:${port}`, { target: models, host, token: dual.secret() })).status
  assert.equal(await asked('127.0.0.1', '127.0.0.1'), 200)
  assert.equal(await asked('[::1]', '[::1]'), 200)
  assert.equal(await asked('[::1]', '127.0.0.1'), 200)
  assert.equal(await asked('[::1]', '[::]'), 421)
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
  if (own === undefined) return
  assert.equal(await asked(own, own), 200)
  assert.equal(await asked('127.0.0.1', own), 421)
})
