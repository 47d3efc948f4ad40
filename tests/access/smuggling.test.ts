import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import { at } from '../support/json.ts'
import { bytesOf, Connection, type ConnectionReply } from './support/connection.ts'
import { type HostedGateway, hostGateway } from './support/hosted-gateway.ts'

let gateway: HostedGateway

before(async () => {
  gateway = await hostGateway({ tokens: { admin: { scope: ['admin'], rateLimit: 1_000_000 } } })
})
after(() => gateway[Symbol.asyncDispose]())

/** A second request, which must never be answered. Its answer would be a 200. */
const hidden = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'

function head(...lines: readonly string[]): string {
  const own = [
    `Host: localhost`,
    `Authorization: Bearer ${gateway.secret()}`,
    'Content-Type: application/json',
  ]
  return `POST /api/v1/chat HTTP/1.1\r\n${[...own, ...lines].join('\r\n')}\r\n\r\n`
}

/** Sends bytes and returns all replies that come until the gateway closes the connection. */
async function repliesTo(bytes: string | Buffer): Promise<readonly ConnectionReply[]> {
  using connection = await Connection.open(gateway.url)
  connection.write(bytes)
  const replies: ConnectionReply[] = []
  for (;;) {
    try {
      replies.push(await connection.reply())
    } catch (error) {
      if (connection.isEnded) return replies
      throw error
    }
  }
}

/** Fails where the bytes get anything but one 400, after which the connection is closed. */
async function expectOneRefusal(bytes: string | Buffer, what: string): Promise<void> {
  const replies = await repliesTo(bytes)
  assert.equal(replies.length, 1, `${what}: ${replies.map(({ status }) => status)}`)
  const [reply] = replies
  assert.equal(reply?.status, 400, what)
  if (reply) await expectError(reply, 400, 'invalid_request')
  assert.equal(reply?.headers.get('connection'), 'close')
}

test('where the two lengths could be read in two ways, nothing behind the first request is answered', async () => {
  const forms: Readonly<Record<string, string>> = {
    'CL.TE': `${head('Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n${hidden}`,
    'TE.CL': `${head('Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n${hidden}`,
    'two equal CLs': `${head('Content-Length: 2', 'Content-Length: 2')}{}${hidden}`,
    'two different CLs': `${head('Content-Length: 2', 'Content-Length: 44')}{}${hidden}`,
    'a list of CLs': `${head('Content-Length: 2, 2')}{}${hidden}`,
    'identity, chunked': `${head('Transfer-Encoding: identity, chunked')}0\r\n\r\n${hidden}`,
    'gzip, chunked': `${head('Transfer-Encoding: gzip, chunked')}0\r\n\r\n${hidden}`,
    'identity and chunked': `${head('Transfer-Encoding: identity', 'Transfer-Encoding: chunked')}0\r\n\r\n${hidden}`,
    'chunked in HTTP/1.0': `${head('Transfer-Encoding: chunked', 'Connection: keep-alive').replace('1.1', '1.0')}0\r\n\r\n${hidden}`,
    'two TEs': `${head('Transfer-Encoding: chunked', 'Transfer-Encoding: identity')}0\r\n\r\n${hidden}`,
    'twice chunked': `${head('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n${hidden}`,
    'chunked and a space before the colon': `${head('Transfer-Encoding : chunked')}0\r\n\r\n${hidden}`,
    'a folded TE': `${head('Transfer-Encoding:\r\n chunked')}0\r\n\r\n${hidden}`,
    'a TE behind a bare LF': `${head('X-A: b\nTransfer-Encoding: chunked')}0\r\n\r\n${hidden}`,
    'a TE behind a bare CR': `${head('X-A: b\rTransfer-Encoding: chunked')}0\r\n\r\n${hidden}`,
    'a CL with a sign': `${head('Content-Length: +2')}{}${hidden}`,
    'a CL in hex': `${head('Content-Length: 0x2')}{}${hidden}`,
    'a CL with a gap': `${head('Content-Length: 2 2')}{}${hidden}`,
    'an empty CL': `${head('Content-Length: ')}${hidden}`,
    'a space before the first header': `POST /api/v1/chat HTTP/1.1\r\n Host: localhost\r\n\r\n${hidden}`,
    'a NUL in a header name': `${head('X\0: y')}${hidden}`,
  }
  for (const [what, bytes] of Object.entries(forms)) await expectOneRefusal(bytes, what)
})

test('a chunk whose size is not one hexadecimal number is refused', async () => {
  const sizes = [
    '0x2',
    '+2',
    '-2',
    ' 2',
    '2 ',
    '2\t',
    '2_0',
    'G',
    '',
    '\r',
    ';',
    '2 ;a=b',
    'FFFFFFFFFFFFFFFFF',
    '10000000000000000',
    '2\n',
    '2;a\n',
    '2;a\rb',
    '2;\0',
  ]
  for (const size of sizes) {
    await expectOneRefusal(
      `${head('Transfer-Encoding: chunked')}${size}\r\n{}\r\n0\r\n\r\n${hidden}`,
      JSON.stringify(size),
    )
  }
})

test('a chunk that is longer or shorter than its size is refused', async () => {
  for (const chunk of ['1\r\n{}\r\n', '3\r\n{}\r\n', '2\r\n{}', '2\r\n{}\n', '2\r\n{}0\r\n']) {
    await expectOneRefusal(
      `${head('Transfer-Encoding: chunked')}${chunk}0\r\n\r\n${hidden}`,
      JSON.stringify(chunk),
    )
  }
})

test('a trailer with a bare LF is refused', async () => {
  const bytes = `${head('Transfer-Encoding: chunked')}2\r\n{}\r\n0\r\nX-A: b\n\r\n${hidden}`
  await expectOneRefusal(bytes, 'trailer')
})

test('chunks with extensions, leading zeros, capitals and trailers are read as the standard says', async () => {
  using connection = await Connection.open(gateway.url)
  const body = '{"message":"Hi"}'
  for (const chunks of ['10;name=value\r\n', '10;quoted="a;b"\r\n', '0000010\r\n', '10;a;b;c\r\n']) {
    connection.write(`${head('Transfer-Encoding: Chunked')}${chunks}${body}\r\n0\r\nX-Trailer: y\r\n\r\n`)
    assert.equal((await connection.reply()).status, 200, chunks)
  }
  connection.write(`${head('Transfer-Encoding: chunked')}A\r\n{"message"\r\n6\r\n:"Hi"}\r\n0\r\n\r\n`)
  assert.equal((await connection.reply()).status, 200)
})

test('a trailer sets nothing that a header does', async () => {
  using connection = await Connection.open(gateway.url)
  const line =
    'POST /api/v1/chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n'
  connection.write(`${line}10\r\n{"message":"Hi"}\r\n0\r\nAuthorization: Bearer ${gateway.secret()}\r\n\r\n`)
  await expectError(await connection.reply(), 401, 'unauthorized')
})

test('extensions of a chunk are bounded', async () => {
  const bytes = `${head('Transfer-Encoding: chunked')}2;${'a'.repeat(100_000)}\r\n{}\r\n0\r\n\r\n`
  await expectOneRefusal(bytes, 'extensions')
})

test('a body that goes on behind its Content-Length ends in 400, and what follows it is not answered', async () => {
  await expectOneRefusal(`${head('Content-Length: 2')}{"message":"Hi"}`, 'longer')
})

test('a body that ends before its Content-Length, with the connection, is 400 and hangs nowhere', async () => {
  for (const bytes of [
    `${head('Content-Length: 100')}{"message":"Hi"}`,
    `${head('Transfer-Encoding: chunked')}10\r\n{"mess`,
  ]) {
    using connection = await Connection.open(gateway.url)
    connection.socket.end(bytes)
    await expectError(await connection.reply(), 400, 'invalid_request')
    await connection.ended()
  }
})

test('pipelined requests are answered in their order, also where a later one is ready first', async () => {
  using connection = await Connection.open(gateway.url)
  const token = gateway.secret()
  const targets = [
    '/api/v1/models',
    '/health',
    '/api/v1/conversations',
    '/nothing',
    '/api/v1/models',
    '/health',
  ]
  const chat = bytesOf({ method: 'POST', target: '/api/v1/chat', token, body: { message: 'Hi' } })
  connection.write(chat + targets.map((target) => bytesOf({ target, token })).join('') + chat)
  const first = await connection.reply()
  assert.equal(at(JSON.parse(first.body), 'role'), 'assistant')
  for (const target of targets) {
    const reply = await connection.reply()
    assert.equal(reply.status, target === '/nothing' ? 404 : 200)
    const isHealth = at(JSON.parse(reply.body), 'status') === 'ok'
    assert.equal(isHealth, target === '/health', target)
  }
  assert.equal(at(JSON.parse((await connection.reply()).body), 'role'), 'assistant')
})
