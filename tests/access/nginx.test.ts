import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { textAt } from '../support/json.ts'
import { framesOf, typesOf } from '../support/sse-frames.ts'
import { useGateway } from '../support/use-gateway.ts'
import { type AskedRequest, ask, Connection, type ConnectionReply } from './support/connection.ts'
import { skippedWithout } from './support/needs-command.ts'
import { type Nginx, publicName, startNginx } from './support/nginx.ts'
import { until } from './support/until.ts'

const skip = skippedWithout('nginx')
const client = '127.0.0.5'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let nginx: Nginx

before(async () => {
  if (skip !== false) return
  gateway = await useGateway(stack, {
    config: {
      api: {
        publicUrl: `https://${publicName}`,
        trustedProxies: ['127.0.0.1'],
        security: { allowedIPs: [client] },
        rateLimit: { perToken: { windowMs: 60_000, maxRequests: 1_000_000 } },
      },
    },
  })
  nginx = stack.use(await startNginx(gateway.url))
})
after(() => stack.disposeAsync())

/** Asks through nginx, over HTTP/1.1, as a client at an address. */
function asking(request: AskedRequest, localAddress = client): Promise<ConnectionReply> {
  const url = `https://127.0.0.1:${nginx.port}`
  return ask(url, { host: publicName, ...request }, { localAddress, ca: nginx.ca, servername: publicName })
}

function openHttp2(): ClientHttp2Session {
  const socket = connectTls({
    socket: connect({ host: '127.0.0.1', port: nginx.port, localAddress: client }),
    servername: publicName,
    ca: nginx.ca,
    ALPNProtocols: ['h2'],
  })
  return connectHttp2(`https://${publicName}`, { createConnection: () => socket })
}

test('clients come in over TLS, HTTP/1.1 and HTTP/2, and are served', { skip }, async () => {
  const reply = await asking({ target: '/api/v1/models', token: gateway.token })
  assert.equal(reply.status, 200)
  assert.match(reply.headers.get('strict-transport-security') ?? '', /max-age=\d+/)
  assert.ok(reply.headers.get('ratelimit'))
  const session = openHttp2()
  try {
    const stream = session.request({ ':path': '/api/v1/models', authorization: `Bearer ${gateway.token}` })
    const [headers] = await once(stream, 'response')
    assert.equal(headers[':status'], 200)
    assert.equal(session.alpnProtocol, 'h2')
    stream.resume()
    await once(stream, 'end')
  } finally {
    session.close()
  }
})

test('another name, no name and what is no TLS are not served', { skip }, async () => {
  for (const servername of ['evil.example', 'localhost']) {
    const url = `https://127.0.0.1:${nginx.port}`
    await assert.rejects(ask(url, { target: '/health' }, { ca: nginx.ca, servername }))
  }
  const misdirected = await asking({ target: '/health', host: 'evil.example' })
  assert.equal(misdirected.status, 421)
  const plain = await ask(`http://127.0.0.1:${nginx.port}`, { target: '/health', host: publicName })
  assert.equal(plain.status, 400)
})

/** When each piece of a stream came, in milliseconds, and all of it together. */
interface Arrivals {
  readonly times: readonly number[]
  readonly text: string
}

async function arrivalsOverHttp2(): Promise<Arrivals> {
  const session = openHttp2()
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/api/v1/chat/stream',
      authorization: `Bearer ${gateway.token}`,
      'content-type': 'application/json',
    })
    stream.end(JSON.stringify({ message: 'slow' }))
    const times: number[] = []
    let text = ''
    for await (const piece of stream.setEncoding('utf8')) {
      times.push(performance.now())
      text += piece
    }
    return { times, text }
  } finally {
    session.close()
  }
}

async function arrivalsOverHttp1(): Promise<Arrivals> {
  const url = `https://127.0.0.1:${nginx.port}`
  using connection = await Connection.open(url, {
    localAddress: client,
    ca: nginx.ca,
    servername: publicName,
  })
  const times: number[] = []
  connection.socket.on('data', () => times.push(performance.now()))
  const request = { method: 'POST', target: '/api/v1/chat/stream', host: publicName, token: gateway.token }
  const { body } = await connection.ask({ ...request, body: { message: 'slow' } })
  return { times, text: body }
}

test('a stream arrives piece by piece, over HTTP/1.1 and HTTP/2', { skip }, async () => {
  for (const { times, text } of await Promise.all([arrivalsOverHttp1(), arrivalsOverHttp2()])) {
    assert.deepEqual(typesOf(framesOf(text)), ['start', 'delta', 'done'])
    // Twenty words, one every 250 ms: what is held back would come in few pieces, and late.
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0))
    assert.ok(times.length >= 10, `${times.length} pieces`)
    assert.ok(Math.max(...gaps) < 3_000, `a gap of ${Math.max(...gaps)} ms`)
  }
})

test('a client that leaves a stream ends the turn behind nginx as well', { skip }, async () => {
  const session = openHttp2()
  const stream = session.request({
    ':method': 'POST',
    ':path': '/api/v1/chat/stream',
    authorization: `Bearer ${gateway.token}`,
    'content-type': 'application/json',
    'x-request-id': 'left-in-the-middle',
  })
  stream.end(JSON.stringify({ message: 'slow' }))
  await once(stream, 'data')
  session.destroy()
  await until('the turn has ended', () => /requestId=left-in-the-middle.* status=499/.test(gateway.output()))
})

test('the client that the gateway sees, logs and checks is the one that nginx sees', { skip }, async () => {
  const headers = ['X-Request-Id: whose-address']
  assert.equal((await asking({ target: '/api/v1/models', token: gateway.token, headers })).status, 200)
  await until('the request is logged', () =>
    /requestId=whose-address.* ip=127\.0\.0\.5/.test(gateway.output()),
  )
  for (const forged of [
    [],
    ['X-Forwarded-For: 127.0.0.5'],
    ['X-Forwarded-For: 127.0.0.5, 127.0.0.1', 'Forwarded: for=127.0.0.5', 'X-Real-IP: 127.0.0.5'],
  ]) {
    const reply = await asking(
      { target: '/api/v1/models', token: gateway.token, headers: forged },
      '127.0.0.6',
    )
    assert.match(textAt(await expectError(reply, 403, 'ip_not_allowed'), 'message'), /address 127\.0\.0\.6 /)
  }
  // Past nginx nobody is believed either: the peer is not 127.0.0.1, or says nothing of another.
  const direct = await ask(
    gateway.url,
    { target: '/api/v1/models', token: gateway.token },
    { localAddress: '127.0.0.1' },
  )
  await expectError(direct, 403, 'ip_not_allowed')
  assert.equal((await asking({ target: '/health' }, '127.0.0.6')).status, 200)
})

test('a body of the greatest size passes, a larger one is 413 in the form of every error', {
  skip,
}, async () => {
  const limit = 1024 * 1024
  const sized = (bytes: number): AskedRequest => {
    const text = JSON.stringify({ message: 'echo x' })
    const body: Record<string, unknown> = { message: 'echo x' }
    // A member that is null counts as absent, so that the name of one can fill a body.
    body['y'.repeat(bytes - text.length - ',"":null'.length)] = null
    return { method: 'POST', target: '/api/v1/chat', token: gateway.token, body }
  }
  assert.equal((await asking(sized(limit))).status, 200)
  await expectError(await asking(sized(limit + 1)), 413, 'payload_too_large')
})

test('errors of the gateway come through as they are', { skip }, async () => {
  await expectError(await asking({ target: '/api/v1/models' }), 401, 'unauthorized')
  const failing = {
    method: 'POST',
    target: '/api/v1/chat',
    token: gateway.token,
    body: { message: 'error 500' },
  }
  await expectError(await asking(failing), 502, 'provider_error')
  const unavailable = await asking({ ...failing, body: { message: 'error 529' } })
  await expectError(unavailable, 503, 'provider_unavailable')
})

test('a gateway that is not there is 503 in the form of every error', { skip }, async () => {
  await using other = await startNginx('http://127.0.0.1:1')
  const url = `https://127.0.0.1:${other.port}`
  const options = { ca: other.ca, servername: publicName }
  const reply = await ask(url, { target: '/api/v1/models', host: publicName }, options)
  await expectError(reply, 503, 'overloaded')
})
