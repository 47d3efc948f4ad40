import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { textAt } from '../support/json.ts'
import { rawRequest, sendRaw } from '../support/raw-http.ts'
import { useGateway } from '../support/use-gateway.ts'

const kilobyte = 1024
const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack)
})
after(() => stack.disposeAsync())

test('a header block up to 16 KiB is taken', async () => {
  const filled = rawRequest({ target: '/health', headers: [`X-Filler: ${'a'.repeat(15.5 * kilobyte)}`] })
  assert.equal((await sendRaw(gateway.url, filled)).status, 200)
})

test('a larger one is refused, in one header, in many, or in the URL', async () => {
  const small = Array.from({ length: 1500 }, (_, i) => `X-Filler-${i}: a`)
  for (const request of [
    { target: '/health', headers: [`X-Filler: ${'a'.repeat(17 * kilobyte)}`] },
    { target: '/health', headers: small },
    { target: `/health?${'a'.repeat(17 * kilobyte)}` },
    { target: '/health', headers: [`${'X'.repeat(17 * kilobyte)}: a`] },
  ]) {
    const body = await expectError(await sendRaw(gateway.url, rawRequest(request)), 431, 'headers_too_large')
    assert.match(textAt(body, 'message'), /16 KiB/)
  }
})

test('a caller that goes on sending megabytes of headers still reads the 431', async () => {
  for (let round = 0; round < 5; round++) {
    const request = rawRequest({ target: '/health', headers: [`X-Filler: ${'a'.repeat(4_000_000)}`] })
    await expectError(await sendRaw(gateway.url, request), 431, 'headers_too_large')
  }
})

test('a trailer of a chunked body is bounded in the same way', async () => {
  const head = rawRequest({
    method: 'POST',
    target: '/api/v1/chat',
    headers: [
      'Content-Type: application/json',
      `Authorization: Bearer ${gateway.token}`,
      'Transfer-Encoding: chunked',
    ],
  })
  const bytes = Buffer.concat([
    head,
    Buffer.from(`2\r\n{}\r\n0\r\nX-Filler: ${'a'.repeat(17 * kilobyte)}\r\n\r\n`),
  ])
  await expectError(await sendRaw(gateway.url, bytes), 431, 'headers_too_large')
})
