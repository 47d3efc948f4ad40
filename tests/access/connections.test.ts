import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { expectError } from '../support/expect-error.ts'
import { startGateway } from '../support/gateway.ts'
import { ScriptedProvider, untilAborted } from '../support/scripted-provider.ts'
import { bytesOf, Connection } from './support/connection.ts'
import { hostGateway } from './support/hosted-gateway.ts'
import { until } from './support/until.ts'

const health = bytesOf({ target: '/health' })
const megabyte = 1024 * 1024

/** Connects and never reads; what happens to the connection is nobody's concern. */
function deafSocket(url: string): Socket {
  const { hostname, port } = new URL(url)
  return connect(Number(port), hostname)
    .on('error', () => undefined)
    .pause()
}

function residentBytes(pid: number): number {
  return memoryOf(pid, /VmRSS:\s+(\d+) kB/)
}

/** The most that was resident at any time. */
function peakBytes(pid: number): number {
  return memoryOf(pid, /VmHWM:\s+(\d+) kB/)
}

function memoryOf(pid: number, line: RegExp): number {
  return Number(line.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

/** A model whose answer never comes. */
function silentModel(): ScriptedProvider {
  return new ScriptedProvider('scripted', ['one'], async function* (turn, signal) {
    if (turn.messages.at(-1)?.content === 'begin') yield { type: 'text', text: 'Well' }
    await untilAborted(signal)
  })
}

test('64 pipelined requests are answered; a connection with one more in the air is cut', async () => {
  const model = silentModel()
  await using gateway = await hostGateway({ providers: [model] })
  using enough = await Connection.open(gateway.url)
  enough.write(health.repeat(64))
  for (let i = 0; i < 64; i++) assert.equal((await enough.reply()).status, 200)
  enough.write(health.repeat(64))
  for (let i = 0; i < 64; i++) assert.equal((await enough.reply()).status, 200)
  using tooMany = await Connection.open(gateway.url)
  tooMany.write(health.repeat(65))
  await tooMany.ended()
  // Cut as a caller that goes away: the turns that were being answered on it end.
  using turns = await Connection.open(gateway.url)
  const body = { message: 'Hi' }
  turns.write(bytesOf({ method: 'POST', target: '/api/v1/chat', token: gateway.secret(), body }).repeat(64))
  await until('all turns run', () => model.running === 64)
  turns.write(health)
  await turns.ended()
  await until('the turns have ended', () => model.running === 0)
})

test('callers that pipeline megabytes of requests and read nothing take neither the memory nor the time of others', async () => {
  const gateway = await startGateway({ env: { NODE_OPTIONS: '--max-old-space-size=128' } })
  try {
    using good = await Connection.open(gateway.url)
    const before = residentBytes(gateway.pid)
    for (const target of ['/health', '/docs', '/api/v1/openapi.json', '/api/v1/models', '/nothing']) {
      const request = bytesOf({ target })
      const attackers = Array.from({ length: 10 }, () => deafSocket(gateway.url))
      for (const socket of attackers) socket.write(request.repeat(Math.floor(megabyte / request.length)))
      for (let i = 0; i < 10; i++) assert.equal((await good.ask({ target: '/health' })).status, 200)
      for (const socket of attackers) socket.destroy()
    }
    const grown = residentBytes(gateway.pid) - before
    assert.ok(grown < 250 * megabyte, `${Math.round(grown / megabyte)} MB more than before`)
  } finally {
    await gateway.stop()
  }
})

test('what is no request, sent into a running stream, cuts it and is not answered in its middle', async () => {
  const model = silentModel()
  await using gateway = await hostGateway({ providers: [model] })
  using connection = await Connection.open(gateway.url)
  const request = {
    method: 'POST',
    target: '/api/v1/chat/stream',
    token: gateway.secret(),
    body: { message: 'begin' },
  }
  connection.write(bytesOf(request))
  const start = (await connection.take(400)).toString()
  connection.write('this is no request\r\n\r\n')
  await connection.ended()
  const rest = (await connection.take(connection.waiting)).toString()
  assert.equal((start + rest).match(/HTTP\/1\.1/g)?.length, 1)
  await until('the turns have ended', () => model.running === 0)
})

test('a caller that closes its half of the connection has left: its turn ends and the connection is closed', async () => {
  for (const target of ['/api/v1/chat', '/api/v1/chat/stream']) {
    const model = silentModel()
    await using gateway = await hostGateway({ providers: [model] })
    using connection = await Connection.open(gateway.url)
    connection.write(bytesOf({ method: 'POST', target, token: gateway.secret(), body: { message: 'Hi' } }))
    await until('the turn runs', () => model.running === 1)
    connection.socket.end()
    await connection.ended()
    await until('the turns have ended', () => model.running === 0)
  }
})

test('a request and the end of the connection in one packet are answered where the answer is at hand', async () => {
  await using gateway = await hostGateway()
  using connection = await Connection.open(gateway.url)
  connection.socket.end(health)
  assert.equal((await connection.reply()).status, 200)
  await connection.ended()
})

test('more connections than the process may have files leave it alive, and who is connected is served on', async () => {
  const gateway = await startGateway()
  try {
    using good = await Connection.open(gateway.url)
    const chat = { method: 'POST', target: '/api/v1/chat', token: gateway.token, body: { message: 'echo x' } }
    assert.equal((await good.ask(chat)).status, 200)
    execFileSync('prlimit', ['--pid', String(gateway.pid), '--nofile=100:100'])
    const attackers = Array.from({ length: 300 }, () => deafSocket(gateway.url))
    for (const socket of attackers) socket.write('GET /health HTTP/1.1\r\n')
    for (let i = 0; i < 20; i++) assert.equal((await good.ask(chat)).status, 200)
    for (const socket of attackers) socket.destroy()
    await until('newcomers are served again', () =>
      fetch(`${gateway.url}/health`).then(
        (reply) => reply.status === 200,
        () => false,
      ),
    )
    assert.equal((await gateway.call('POST', '/api/v1/chat', { message: 'echo y' })).status, 200)
    assert.equal(gateway.child.exitCode, null)
  } finally {
    await gateway.stop()
  }
})

test('a body in chunks of one byte costs the memory of its bytes', async () => {
  const gateway = await startGateway()
  try {
    const before = residentBytes(gateway.pid)
    const head = bytesOf({
      method: 'POST',
      target: '/api/v1/chat',
      token: gateway.token,
      headers: ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
    })
    const options = { replyWithinMs: 90_000 }
    const senders = await Promise.all(Array.from({ length: 4 }, () => Connection.open(gateway.url, options)))
    const spaces = '1\r\n \r\n'.repeat(300_000)
    const body = '14\r\n{"message":"echo x"}\r\n0\r\n\r\n'
    for (const sender of senders) sender.write(head + spaces + body)
    for (const sender of senders) {
      assert.equal((await sender.reply()).status, 200)
      sender[Symbol.dispose]()
    }
    const grown = peakBytes(gateway.pid) - before
    assert.ok(grown < 150 * megabyte, `${Math.round(grown / megabyte)} MB more than before`)
  } finally {
    await gateway.stop()
  }
})

test('what is too much ends in its own 4xx and is not gathered: headers, a gzip bomb, a body without an end', async () => {
  const gateway = await startGateway()
  try {
    const json = { method: 'POST', target: '/api/v1/chat', token: gateway.token }
    const type = 'Content-Type: application/json'
    const bomb = gzipSync(Buffer.alloc(500 * megabyte))
    const chunks = `10000\r\n${' '.repeat(65_536)}\r\n`.repeat(1_000)
    const cases: readonly (readonly [number, string, readonly (string | Buffer)[]])[] = [
      [431, 'headers_too_large', [bytesOf({ ...json, headers: [`X-Long: ${'a'.repeat(megabyte)}`] })]],
      [
        431,
        'headers_too_large',
        [bytesOf({ ...json, headers: Array.from({ length: 10_000 }, (_, i) => `X-${i}: a`) })],
      ],
      [
        415,
        'unsupported_media_type',
        [
          bytesOf({ ...json, headers: [type, 'Content-Encoding: gzip', `Content-Length: ${bomb.length}`] }),
          bomb,
        ],
      ],
      [
        413,
        'payload_too_large',
        [bytesOf({ ...json, headers: [type, 'Transfer-Encoding: chunked'] }), chunks],
      ],
    ]
    assert.equal((await fetch(`${gateway.url}/health`)).status, 200)
    const before = residentBytes(gateway.pid)
    for (const [status, code, pieces] of cases) {
      using connection = await Connection.open(gateway.url)
      for (const piece of pieces) connection.write(piece)
      await expectError(await connection.reply(), status, code)
    }
    const grown = peakBytes(gateway.pid) - before
    assert.ok(grown < 100 * megabyte, `${Math.round(grown / megabyte)} MB more than before`)
  } finally {
    await gateway.stop()
  }
})
