import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { textAt } from '../support/json.ts'
import { type RawReply, rawRequest, sendRaw } from '../support/raw-http.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack)
})
after(() => stack.disposeAsync())

function post(
  headers: readonly string[],
  body: string | Buffer = '{"message":"echo x"}',
  target = '/api/v1/chat',
): Promise<RawReply> {
  const all = [`Authorization: Bearer ${gateway.token}`, ...headers]
  return sendRaw(gateway.url, rawRequest({ method: 'POST', target, headers: all, body }))
}

test('a body without a content type is refused with the one to send', async () => {
  const body = await expectError(await post([]), 415, 'unsupported_media_type')
  assert.match(textAt(body, 'message'), /Content-Type: application\/json/)
})

test('a body of another content type is refused on every route that takes one', async () => {
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/json',
    'application/jsonx',
    'application/xml',
    'application/json-patch+json',
    ';;;',
    'application',
    '*/*',
  ]
  for (const type of types)
    await expectError(await post([`Content-Type: ${type}`]), 415, 'unsupported_media_type')
  for (const target of ['/api/v1/chat/stream', '/api/v1/send']) {
    await expectError(
      await post(['Content-Type: text/plain'], 'Hello', target),
      415,
      'unsupported_media_type',
    )
  }
})

test('application/json is understood with a charset, in any case', async () => {
  for (const type of [
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON; charset="utf-8"',
  ]) {
    assert.equal((await post([`Content-Type: ${type}`])).status, 200, type)
  }
})

test('a compressed body is refused before it is read', async () => {
  const body = gzipSync('{"message":"echo x"}')
  for (const encoding of ['gzip', 'deflate', 'br', 'zstd', 'GZIP', 'gzip, identity']) {
    const reply = await post(['Content-Type: application/json', `Content-Encoding: ${encoding}`], body)
    assert.match(textAt(await expectError(reply, 415, 'unsupported_media_type'), 'message'), /uncompressed/)
  }
  assert.equal((await post(['Content-Type: application/json', 'Content-Encoding: identity'])).status, 200)
})

test('DELETE takes a content type without a body, as clients send it', async () => {
  await gateway.call('POST', '/api/v1/chat', { message: 'echo x', conversationId: 'typed' })
  const reply = await sendRaw(
    gateway.url,
    rawRequest({
      method: 'DELETE',
      target: '/api/v1/conversations/typed',
      headers: [`Authorization: Bearer ${gateway.token}`, 'Content-Type: application/json'],
      body: '',
    }),
  )
  assert.equal(reply.status, 200)
})

test('GET takes a content type, as clients send it', async () => {
  const headers = { Authorization: `Bearer ${gateway.token}`, 'Content-Type': 'application/json' }
  assert.equal((await fetch(`${gateway.url}/api/v1/models`, { headers })).status, 200)
})
