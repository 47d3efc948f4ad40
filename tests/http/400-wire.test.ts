import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { textAt } from '../support/json.ts'
import { sendRaw } from '../support/raw-http.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let known = ''

before(async () => {
  gateway = await useGateway(stack)
  known = `Host: localhost\r\nAuthorization: Bearer ${gateway.token}\r\nConnection: close\r\n`
})
after(() => stack.disposeAsync())

async function refused(bytes: string): Promise<string> {
  return textAt(await expectError(await sendRaw(gateway.url, bytes), 400, 'invalid_request'), 'message')
}

test('two Host headers are refused, also where they are the same', async () => {
  const sentence = await refused(
    'GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
  )
  assert.match(sentence, /two Host headers/)
  await refused('GET /health HTTP/1.1\r\nHost: localhost\r\nhOsT: localhost\r\nConnection: close\r\n\r\n')
  await refused(`GET /api/v1/models HTTP/1.1\r\n${known}Host: localhost\r\n\r\n`)
})

test('two Host headers are refused before the Host is looked at', async () => {
  await refused(
    'GET /health HTTP/1.1\r\nHost: evil.example\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
  )
})

test('an HTTP/1.1 request without Host is refused', async () => {
  assert.match(await refused('GET /health HTTP/1.1\r\nConnection: close\r\n\r\n'), /no Host header/)
})

test('Content-Length beside Transfer-Encoding is refused', async () => {
  await refused(
    `POST /api/v1/chat HTTP/1.1\r\n${known}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  )
  await refused(
    `POST /api/v1/chat HTTP/1.1\r\n${known}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
  )
})

test('two Content-Lengths are refused, also where they agree', async () => {
  await refused(`POST /api/v1/chat HTTP/1.1\r\n${known}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`)
  await refused(`POST /api/v1/chat HTTP/1.1\r\n${known}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} `)
  await refused(`POST /api/v1/chat HTTP/1.1\r\n${known}Content-Length: 2, 2\r\n\r\n{}`)
})

test('a Content-Length that is no number is refused', async () => {
  for (const length of ['-1', '+2', '0x2', '2.0', 'two', '99999999999999999999']) {
    await refused(`POST /api/v1/chat HTTP/1.1\r\n${known}Content-Length: ${length}\r\n\r\n{}`)
  }
})

test('a Transfer-Encoding that is not exactly chunked is refused', async () => {
  const head = `POST /api/v1/chat HTTP/1.1\r\n${known}Content-Type: application/json\r\n`
  const wrong = [
    'chunked, chunked',
    'identity',
    'chunked, identity',
    'xchunked',
    'chunked\x0b',
    '"chunked"',
    'chunked;q=1',
    '',
  ]
  for (const encoding of wrong) {
    await refused(`${head}Transfer-Encoding: ${encoding}\r\n\r\n2\r\n{}\r\n0\r\n\r\n`)
  }
})

test('a bare LF is refused wherever a line ends', async () => {
  await refused('GET /health HTTP/1.1\nHost: localhost\n\n')
  await refused('GET /health HTTP/1.1\r\nHost: localhost\nX-A: b\r\n\r\n')
  await refused('GET /health HTTP/1.1\nHost: localhost\r\n\r\n')
  await refused('GET /health HTTP/1.1\r\nHost: localhost\r\n\n')
  await refused(
    `POST /api/v1/chat HTTP/1.1\r\n${known}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n`,
  )
})

test('a header that is not well formed is refused', async () => {
  await refused('GET /health HTTP/1.1\r\nHost : localhost\r\n\r\n')
  await refused('GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n folded\r\n\r\n')
  await refused('GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: a\0b\r\n\r\n')
  await refused('GET /health HTTP/1.1\r\nHost: localhost\r\nX A: b\r\n\r\n')
  await refused('GET /health HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n')
})

test('what is no HTTP/1.1 is refused in HTTP/1.1', async () => {
  await refused('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  await refused('\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03')
  await refused('GET /health\r\n\r\n')
  await refused('HELLO / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await refused('GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n')
})

test('an Expect that the gateway does not know is passed over, and 100-continue is answered', async () => {
  const head = `POST /api/v1/chat HTTP/1.1\r\n${known}Content-Type: application/json\r\nContent-Length: 20\r\n`
  for (const expect of ['banana', '100-continue']) {
    const reply = await sendRaw(
      gateway.url,
      `${head}Expect: ${expect}\r\n\r\n{"message":"echo me"}`.slice(0, -1),
    )
    await expectError(reply, 400, 'invalid_request')
  }
})

test('the gateway serves on after all of that', async () => {
  assert.equal((await gateway.call('POST', '/api/v1/chat', { message: 'echo still here' })).status, 200)
})
