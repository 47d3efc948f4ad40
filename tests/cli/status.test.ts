import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { makeCertificate } from '../access/support/certificate.ts'
import { hostGateway } from '../access/support/hosted-gateway.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, numberAt } from '../support/json.ts'
import { useGateway } from '../support/use-gateway.ts'
import { bin, type Home, makeHome, type Outcome, runNode } from './support.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let home: Home

before(async () => {
  home = stack.use(makeHome())
  gateway = await useGateway(stack, {
    tokens: {
      admin: { scope: ['admin'] },
      reader: { scope: ['read'] },
      chat: { scope: ['chat'] },
      far: { scope: ['read'], allowedIPs: ['10.0.0.1'] },
      slow: { scope: ['read'], rateLimit: 1 },
    },
  })
})
after(() => stack.disposeAsync())

test('without a token it says that the gateway serves, and how to see more', async () => {
  const { code, stdout, stderr } = await status()
  assert.equal(code, 0)
  assert.match(
    stdout,
    new RegExp(String.raw`^gateway {2}ok {2}version \d+\.\d+\.\d+, up \d+ s, ${gateway.url}\n$`),
  )
  assert.equal(stderr, 'For every part give a token: --token-file FILE, or OPENCLAW_TOKEN.\n')
})

test('with a token it shows each part on a line of its own', async () => {
  const { code, stdout, stderr } = await status({ token: 'reader' })
  assert.deepEqual([code, stderr], [0, ''])
  const lines = stdout.trimEnd().split('\n')
  const named = lines.map((line) => line.split(/ +/)[0])
  for (const part of ['gateway', 'channels', 'models', 'store', 'webhooks', 'memory', 'eventLoop']) {
    assert.equal(named.filter((name) => name === part).length, 1, part)
  }
  assert.match(lines.find((line) => line.startsWith('models')) ?? '', /^models +ok +demo \(1 models\)$/)
  assert.match(lines.find((line) => line.startsWith('memory')) ?? '', /^memory +ok +\d+ MB$/)
})

test('the token comes from a file as well, and that goes before the variable', async () => {
  const file = join(home.folder, 'token')
  writeFileSync(file, `${gateway.secrets.reader}\n`, { mode: 0o600 })
  const { code, stdout } = await status({ args: ['--token-file', file, '--json'], token: 'chat' })
  assert.equal(code, 0)
  const body: unknown = JSON.parse(stdout)
  assert.deepEqual([at(body, 'url'), at(body, 'status')], [gateway.url, 'ok'])
  assert.ok(numberAt(body, 'memory', 'rssBytes') > 0)
})

test('--json without a token is what /health says', async () => {
  const { code, stdout, stderr } = await status({ args: ['--json'] })
  assert.deepEqual([code, stderr], [0, ''])
  const body: unknown = JSON.parse(stdout)
  assert.deepEqual(Object.keys(Object(body)), ['url', 'status', 'version', 'uptime'])
})

test('a token that is refused ends with 4, and says why in the words of the gateway', async () => {
  for (const [token, expected] of [
    ['chat', /scope read/],
    ['far', /address 127\.0\.0\.1/],
    ['a-wrong-secret', /not known/],
  ] as const) {
    const { code, stdout, stderr } = await status({ token })
    assert.deepEqual([code, stdout], [4, ''], token)
    assert.match(stderr, expected)
    assert.ok(!stderr.includes('a-wrong-secret'))
  }
})

test('a token over its limit ends with 5', async () => {
  assert.equal((await status({ token: 'slow' })).code, 0)
  assert.equal((await status({ token: 'slow' })).code, 5)
})

test('nobody at the address ends with 6, in JSON too', async () => {
  const { code, stdout, stderr } = await status({ url: 'http://127.0.0.1:1' })
  assert.deepEqual([code, stdout], [6, ''])
  assert.equal(
    stderr,
    'openclaw: Nothing listens at http://127.0.0.1:1. Start the gateway: openclaw gateway\n',
  )
  const json = await status({ url: 'http://127.0.0.1:1', args: ['--json'] })
  assert.deepEqual([json.code, json.stderr, at(JSON.parse(json.stdout), 'status')], [6, '', 'unreachable'])
})

test('another program at the address is no gateway, and is shown no token', async () => {
  const seen: string[] = []
  const answers: readonly RequestListener[] = [
    (_request, response) => response.end('<html>hello</html>'),
    (_request, response) => response.end('{"status":"ok"}'),
    (_request, response) => response.writeHead(302, { Location: `${gateway.url}/health` }).end(),
    (request) => request.socket.end('SSH-2.0-OpenSSH_9.9\r\n'),
    (_request, response) => void response.writeHead(200).write('x'.repeat(3_000_000)),
  ]
  for (const answer of answers) {
    const server = createServer((request, response) => {
      seen.push(String(request.headers.authorization))
      answer(request, response)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const { code, stderr } = await status({ url: `http://127.0.0.1:${port}`, token: 'reader' })
    server.closeAllConnections()
    server.close()
    assert.equal(code, 6, stderr)
    assert.match(stderr, /is no (?:OpenClaw )?gateway/)
  }
  assert.deepEqual(
    seen,
    answers.map(() => 'undefined'),
  )
})

test('a gateway that says nothing for five seconds counts as unreachable', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const { code, stderr } = await status({
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
  })
  server.closeAllConnections()
  server.close()
  assert.equal(code, 6)
  assert.match(stderr, /Nothing answered at .* within 5 seconds\./)
})

test('what a stranger says cannot move the cursor', async () => {
  const body = { status: 'ok\u001b[2J', version: '1\n2', uptime: 1, models: { status: '\u009b31m' } }
  const server = createServer((_request, response) => response.end(JSON.stringify(body))).listen(
    0,
    '127.0.0.1',
  )
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const { stdout } = await status({ url, token: 'reader' })
  server.closeAllConnections()
  server.close()
  assert.doesNotMatch(stdout.replaceAll('\n', ''), /\p{Cc}/u)
  assert.equal(stdout.trimEnd().split('\n').length, 2)
})

test('the address is that of the config, also with a certificate that nobody else trusts', async () => {
  using own = makeHome()
  makeCertificate(own.folder, 'gateway.test')
  const tls = {
    certFile: join(own.folder, 'gateway.test.cert.pem'),
    keyFile: join(own.folder, 'gateway.test.key.pem'),
  }
  await using hosted = await hostGateway({ api: { tls } })
  const port = Number(new URL(hosted.url).port)
  own.writeConfig(JSON.stringify({ api: { port, tls } }))
  const { code, stdout, stderr } = await own.run('status')
  assert.deepEqual([code, stderr.split('\n').length], [0, 2])
  assert.match(stdout, new RegExp(`${hosted.url}\n$`))
  own.writeConfig(JSON.stringify({ api: { port } }))
  assert.equal((await own.run('status')).code, 6)
  own.writeConfig(JSON.stringify({ api: { port, host: '0.0.0.0', tls } }))
  assert.equal((await own.run('status')).code, 0)
  const untrusted = await own.run('status', '--url', hosted.url)
  assert.equal(untrusted.code, 6)
  assert.match(untrusted.stderr, /certificate of .* is not trusted here/)
})

test('a config with a mistake is passed over, with a word', async () => {
  using own = makeHome()
  own.writeConfig('{ api: { port: "no" } }')
  const { code, stderr } = await own.run('status', '--url', gateway.url)
  assert.deepEqual([code, stderr.split('\n').length], [0, 2])
  const { stderr: warned } = await own.run('status')
  assert.match(warned, /^The config file has mistakes, so the default address is asked/)
})

test('arguments that cannot be end with 2, and none of them is a token', async () => {
  for (const args of [
    ['--url', 'gateway.test'],
    ['--url', 'http://user:password@127.0.0.1:1'],
    ['--token-file', join(home.folder, 'none')],
    ['--token-file', home.folder],
    ['--token', 'x'],
  ]) {
    const { code, stdout, stderr } = await home.run('status', ...args)
    assert.deepEqual([code, stdout], [2, ''], args.join(' '))
    assert.match(stderr, /\nTry: openclaw status/)
    assert.doesNotMatch(stderr, /password@/)
  }
})

function status(
  options: { readonly token?: string; readonly url?: string; readonly args?: readonly string[] } = {},
): Promise<Outcome> {
  const { token, url = gateway.url, args = [] } = options
  const secret = token === undefined ? {} : { OPENCLAW_TOKEN: gateway.secrets[token] ?? token }
  return runNode([bin, 'status', '--url', url, ...args], { ...home.env, ...secret })
}
