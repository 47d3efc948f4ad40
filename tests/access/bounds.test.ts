import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { createIds } from '../../src/domain/ids.ts'
import { answerClientError } from '../../src/http/client-error.ts'
import { createListener, type ListenerBounds, listenerBounds } from '../../src/http/listener.ts'
import { expectError } from '../support/expect-error.ts'
import { Connection } from './support/connection.ts'
import { until } from './support/until.ts'

/** As the gateway's, and so short that a test can wait for them. */
const bounds: ListenerBounds = {
  ...listenerBounds,
  headersTimeoutMs: 300,
  requestTimeoutMs: 600,
  connectionsCheckMs: 20,
  connectionsMax: 20,
}

const readAll: RequestListener = (request, response) => {
  request.resume().once('end', () => response.end('{}'))
}

async function listen(
  more: Partial<ListenerBounds> = {},
): Promise<{ readonly url: string; readonly server: Server } & AsyncDisposable> {
  const server = createListener(readAll, null, () => undefined, { ...bounds, ...more })
  const ids = createIds(Date.now, (bytes) => void crypto.getRandomValues(bytes))
  server.on('clientError', (error, socket) => {
    if (socket instanceof Socket) answerClientError(error, socket, ids)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    url: `http://127.0.0.1:${address.port}`,
    server,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Sends a text, then a character every so often, and resolves to the reply and how long it took. */
async function dribble(url: string, text: string, everyMs = 50): Promise<number> {
  using connection = await Connection.open(url)
  const start = performance.now()
  connection.write(text)
  const timer = setInterval(() => connection.write('a'), everyMs)
  try {
    await expectError(await connection.reply(), 408, 'request_timeout')
    return performance.now() - start
  } finally {
    clearInterval(timer)
  }
}

/** Opens as many connections as the bound allows. */
async function hold(
  url: string,
  begin: (connection: Connection) => Promise<void>,
): Promise<readonly Connection[]> {
  const held: Connection[] = []
  while (held.length < bounds.connectionsMax) {
    const connection = await Connection.open(url)
    held.push(connection)
    await begin(connection)
  }
  return held
}

/** Comes anew until it is served. */
function untilServed(url: string): Promise<void> {
  return until('a newcomer is served', async () => {
    using connection = await Connection.open(url)
    const asked = connection.ask({ target: '/' })
    return await asked.then(
      ({ status }) => status === 200,
      () => false,
    )
  })
}

test('headers that do not come to an end are 408 after their time, however busily they come', async () => {
  await using gateway = await listen({ requestTimeoutMs: 10_000 })
  for (const text of [
    'GET /',
    'GET /health HTTP/1.1\r\n',
    'GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: ',
  ]) {
    const took = await dribble(gateway.url, text)
    assert.ok(took > 250 && took < 9_000, `${text}: ${took} ms`)
  }
})

test('a connection that says nothing at all is 408 as well', async () => {
  await using gateway = await listen()
  using connection = await Connection.open(gateway.url)
  await expectError(await connection.reply(), 408, 'request_timeout')
  await connection.ended()
})

test('a body that does not come to an end is 408 after its time, with a length and in chunks', async () => {
  await using gateway = await listen()
  const head = 'POST / HTTP/1.1\r\nHost: localhost\r\n'
  for (const text of [
    `${head}Content-Length: 1000\r\n\r\n`,
    `${head}Transfer-Encoding: chunked\r\n\r\nffff\r\n`,
  ]) {
    const took = await dribble(gateway.url, text)
    assert.ok(took > 550 && took < 15_000, `${took} ms`)
  }
})

test('a kept connection is not cut for what it does not ask, and its next request has all its time', async () => {
  await using gateway = await listen()
  using connection = await Connection.open(gateway.url)
  for (let i = 0; i < 3; i++) {
    assert.equal((await connection.ask({ target: '/' })).status, 200)
    await new Promise((resolve) => setTimeout(resolve, bounds.requestTimeoutMs + 100))
  }
})

test('connections beyond the bound are closed at once, and those within it are served', async () => {
  // Time enough for all that follows: what is closed here was beyond the bound.
  await using gateway = await listen({ headersTimeoutMs: 60_000, requestTimeoutMs: 60_000 })
  const held = await hold(gateway.url, async (connection) => connection.write('GET / HTTP/1.1\r\n'))
  for (let i = 0; i < 50; i++) {
    using refused = await Connection.open(gateway.url)
    await refused.ended()
    // Closed, and not only told after its time that it has said nothing.
    assert.equal(refused.waiting, 0)
  }
  for (const connection of held) {
    connection.write('Host: localhost\r\n\r\n')
    assert.equal((await connection.reply()).status, 200)
    connection[Symbol.dispose]()
  }
  await untilServed(gateway.url)
})

test('connections that ask nothing make room for a newcomer', async () => {
  await using gateway = await listen()
  const idle = await hold(gateway.url, async (connection) => {
    assert.equal((await connection.ask({ target: '/' })).status, 200)
  })
  await untilServed(gateway.url)
  for (const connection of idle) await connection.ended()
})

test('a connection over which nonsense came is closed soon, also where its caller keeps it open', async () => {
  await using gateway = await listen()
  using connection = await Connection.open(gateway.url)
  connection.socket.allowHalfOpen = true
  connection.write('nonsense\r\n\r\n')
  await expectError(await connection.reply(), 400, 'invalid_request')
  const count = () =>
    new Promise<number>((resolve) => gateway.server.getConnections((_, open) => resolve(open)))
  await until('no connection is open', async () => (await count()) === 0)
})
