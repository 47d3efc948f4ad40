import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { textAt } from '../support/json.ts'
import { type RawReply, rawRequest, sendRaw } from '../support/raw-http.ts'
import { useGateway } from '../support/use-gateway.ts'

const limit = 2048
const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack, {
    config: { api: { security: { maxBodySize: '2KB', cors: { origins: ['http://app.test'] } } } },
  })
})
after(() => stack.disposeAsync())

const headers = (): readonly string[] => [
  `Authorization: Bearer ${gateway.token}`,
  'Content-Type: application/json',
]

function bodyOf(bytes: number): string {
  const around = '{"message":"echo "}'.length
  return `{"message":"echo ${'x'.repeat(bytes - around)}"}`
}

function chunked(body: string, chunkBytes: number): Buffer {
  const pieces = body.match(new RegExp(`.{1,${chunkBytes}}`, 'gs')) ?? []
  const chunks = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')
  const head = rawRequest({
    method: 'POST',
    target: '/api/v1/chat',
    headers: [...headers(), 'Transfer-Encoding: chunked'],
  })
  return Buffer.concat([head, Buffer.from(`${chunks}0\r\n\r\n`)])
}

function plain(body: string, ...more: readonly string[]): Promise<RawReply> {
  return sendRaw(
    gateway.url,
    rawRequest({ method: 'POST', target: '/api/v1/chat', headers: [...headers(), ...more], body }),
  )
}

test('a body of exactly maxBodySize is taken, one byte more is refused', async () => {
  assert.equal((await plain(bodyOf(limit))).status, 200)
  const body = await expectError(await plain(bodyOf(limit + 1)), 413, 'payload_too_large')
  assert.match(textAt(body, 'message'), /maxBodySize/)
})

test('the same without a Content-Length', async () => {
  for (const chunkBytes of [100, 5000]) {
    assert.equal((await sendRaw(gateway.url, chunked(bodyOf(limit), chunkBytes))).status, 200)
    const reply = await sendRaw(gateway.url, chunked(bodyOf(limit + 1), chunkBytes))
    await expectError(reply, 413, 'payload_too_large')
  }
})

test('a body that says it is too large is refused before it is sent', async () => {
  const reply = await new Promise<number | undefined>((resolve, reject) => {
    const asked = request(`${gateway.url}/api/v1/chat`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${gateway.token}`,
        'Content-Type': 'application/json',
        'Content-Length': 999_999_999,
      },
    })
    asked.on('response', (response) => {
      resolve(response.statusCode)
      asked.destroy()
    })
    asked.on('error', reject)
    asked.flushHeaders()
  })
  assert.equal(reply, 413)
})

test('a caller that sends all of it first still reads the 413, however much it is', async () => {
  for (const bytes of [100_000, 5_000_000, 20_000_000]) {
    for (let round = 0; round < 3; round++) {
      await expectError(await gateway.call('POST', '/api/v1/chat', bodyOf(bytes)), 413, 'payload_too_large')
    }
  }
})

test('a browser may read the 413: it carries the CORS headers', async () => {
  const reply = await plain(bodyOf(limit + 1), 'Origin: http://app.test')
  assert.equal(reply.headers.get('access-control-allow-origin'), 'http://app.test')
  assert.match(reply.headers.get('access-control-expose-headers') ?? '', /Retry-After/)
})

test('without a setting the limit is 1 MB of 1024s', async () => {
  await using own = new AsyncDisposableStack()
  const other = await useGateway(own)
  const padded = (bytes: number): string =>
    `{"message":"echo x"${' '.repeat(bytes - '{"message":"echo x"}'.length)}}`
  assert.equal((await other.call('POST', '/api/v1/chat', padded(1_048_576))).status, 200)
  await expectError(await other.call('POST', '/api/v1/chat', padded(1_048_577)), 413, 'payload_too_large')
})
