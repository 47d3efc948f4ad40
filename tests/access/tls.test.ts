import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { connect as connectTls, type PeerCertificate } from 'node:tls'
import { createListener, listenerBounds } from '../../src/http/listener.ts'
import { ScriptedProvider, saying, untilAborted } from '../support/scripted-provider.ts'
import { type Certificate, makeCertificate } from './support/certificate.ts'
import { ask, bytesOf, Connection } from './support/connection.ts'
import { type HostedGateway, hostGateway } from './support/hosted-gateway.ts'
import { until } from './support/until.ts'

let folder: string
let first: Certificate
let second: Certificate
let certFile: string
let keyFile: string

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'openclaw-tls-'))
  first = makeCertificate(folder, 'first')
  second = makeCertificate(folder, 'second')
  certFile = join(folder, 'served.cert.pem')
  keyFile = join(folder, 'served.key.pem')
})
beforeEach(() => {
  rmSync(certFile, { force: true })
  rmSync(keyFile, { force: true })
  writeFileSync(certFile, first.cert)
  writeFileSync(keyFile, first.key)
})
after(() => rmSync(folder, { recursive: true }))

function serving(provider?: ScriptedProvider): Promise<HostedGateway> {
  return hostGateway({ api: { tls: { certFile, keyFile } }, ...(provider ? { providers: [provider] } : {}) })
}

/** Returns the name of the certificate that a new connection is shown. */
async function shownTo(url: string): Promise<unknown> {
  const { hostname, port } = new URL(url)
  const socket = connectTls({ host: hostname, port: Number(port), rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const certificate: PeerCertificate = socket.getPeerCertificate()
  socket.destroy()
  return certificate.subject.CN
}

test('with api.tls the gateway serves HTTPS with its certificate', async () => {
  await using gateway = await serving()
  assert.match(gateway.url, /^https:/)
  const request = { target: '/api/v1/models', token: gateway.secret() }
  assert.equal((await ask(gateway.url, request, { ca: first.cert })).status, 200)
  await assert.rejects(ask(gateway.url, request, { ca: second.cert }), {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  })
})

test('what is not TLS is closed, and a handshake of an old version refused', async () => {
  await using gateway = await serving()
  const { port } = new URL(gateway.url)
  for (const bytes of [
    'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n',
    '\x16\x03\x01\x00\x05hello',
    '\0'.repeat(100),
  ]) {
    using connection = new Connection(connect(Number(port), '127.0.0.1'), 60_000)
    connection.write(bytes)
    await connection.ended()
  }
  const old = connectTls({
    port: Number(port),
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'ALL:@SECLEVEL=0',
  })
  await assert.rejects(once(old, 'secureConnect'), /alert protocol version|unsupported protocol/)
  assert.equal((await ask(gateway.url, { target: '/health' }, { ca: first.cert })).status, 200)
})

test('a handshake that does not come to its end is closed after the time for headers', async () => {
  const bounds = { ...listenerBounds, headersTimeoutMs: 200 }
  const server = createListener(
    (_request, response) => response.end(),
    { certFile, keyFile },
    () => undefined,
    bounds,
  )
  server.on('clientError', (_error, socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const address = server.address()
    assert.ok(typeof address === 'object' && address !== null)
    using silent = new Connection(connect(address.port, '127.0.0.1'), 60_000)
    await silent.ended()
  } finally {
    server.close()
    await once(server, 'close')
  }
})

test('a new certificate is shown to new connections, and a running stream goes on', async () => {
  let goOn = (): void => undefined
  const gate = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const provider = new ScriptedProvider('scripted', ['one'], async function* (_turn, signal) {
    yield { type: 'text', text: 'Before. ' }
    await Promise.race([gate, untilAborted(signal)])
    yield* saying('After.')
  })
  await using gateway = await serving(provider)
  using running = await Connection.open(gateway.url, { ca: first.cert })
  running.write(
    bytesOf({
      method: 'POST',
      target: '/api/v1/chat/stream',
      token: gateway.secret(),
      body: { message: 'Hi' },
    }),
  )
  await until('the stream begins', () => running.waiting > 500)

  writeFileSync(keyFile, second.key)
  writeFileSync(certFile, second.cert)
  await until('the second certificate is shown', async () => (await shownTo(gateway.url)) === 'second')
  assert.ok(gateway.log.some((line) => line.includes('certificate reloaded')))
  assert.equal((await ask(gateway.url, { target: '/health' }, { ca: second.cert })).status, 200)

  goOn()
  const reply = await running.reply()
  assert.equal(reply.status, 200)
  assert.match(reply.body, /Before\. [\s\S]*After\.[\s\S]*"type":"done"/)
})

test('a renewal that is half written leaves the old certificate in service until it is whole', async () => {
  await using gateway = await serving()
  const refusals = (): number =>
    gateway.log.filter((line) => line.includes('certificate not reloaded')).length
  const steps: readonly (readonly [string, () => void])[] = [
    ['a new certificate beside the old key', () => writeFileSync(certFile, second.cert)],
    [
      'an empty key and a certificate cut in the middle',
      () => {
        writeFileSync(keyFile, '')
        writeFileSync(certFile, second.cert.subarray(0, 200))
      },
    ],
  ]
  for (const [what, step] of steps) {
    const seen = refusals()
    step()
    await until(what, () => refusals() > seen)
    assert.equal(await shownTo(gateway.url), 'first', what)
  }
  assert.ok(!gateway.log.some((line) => line.includes('PRIVATE KEY')))
  writeFileSync(keyFile, second.key)
  writeFileSync(certFile, second.cert)
  await until('the renewal is whole', async () => (await shownTo(gateway.url)) === 'second')
})

test('a renewal that swaps a link is seen', async () => {
  for (const [name, { cert, key }] of Object.entries({ first, second })) {
    writeFileSync(join(folder, `${name}.cert`), cert)
    writeFileSync(join(folder, `${name}.key`), key)
  }
  const link = (name: string): void => {
    for (const [kind, file] of [
      ['key', keyFile],
      ['cert', certFile],
    ] as const) {
      symlinkSync(join(folder, `${name}.${kind}`), `${file}.new`)
      renameSync(`${file}.new`, file)
    }
  }
  link('first')
  await using gateway = await serving()
  assert.equal(await shownTo(gateway.url), 'first')
  link('second')
  await until('the second certificate is shown', async () => (await shownTo(gateway.url)) === 'second')
})

test('a certificate that does not fit its key stops the start with a sentence', async () => {
  writeFileSync(certFile, second.cert)
  await assert.rejects(
    serving(),
    (error) => error instanceof Error && /api\.tls\.certFile.*api\.tls\.keyFile/.test(error.message),
  )
})
