import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { expectError } from '../support/expect-error.ts'
import { at, listAt } from '../support/json.ts'
import { rawRequest, sendRaw } from '../support/raw-http.ts'
import { framesOf, saidIn, typesOf } from '../support/sse-frames.ts'
import { useGateway } from '../support/use-gateway.ts'

test('a gateway that is told to stop lets running turns end, refuses new work, and exits with 0', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack)
  const stream = await gateway.call('POST', '/api/v1/chat/stream', { message: 'slow', conversationId: 'a' })
  const plain = gateway.call('POST', '/api/v1/chat', { message: 'slow', conversationId: 'b' })
  await eventually('both turns to run', async () => {
    const page: unknown = await (await gateway.call('GET', '/api/v1/conversations')).json()
    return listAt(page, 'data').length === 2 || undefined
  })

  gateway.child.kill('SIGTERM')
  await eventually('the signal to arrive', () => gateway.output().includes('SIGTERM') || undefined)
  for (const [method, target] of [
    ['POST', '/api/v1/chat'],
    ['GET', '/api/v1/models'],
    ['GET', '/health'],
    ['GET', '/nope'],
  ] as const) {
    const reply = await sendRaw(gateway.url, rawRequest({ method, target }))
    const body = await expectError(reply, 503, 'shutting_down')
    assert.ok(Number(at(body, 'retryAfter')) >= 1)
    assert.equal(reply.headers.get('connection'), 'close')
  }

  const frames = framesOf(await stream.text())
  assert.deepEqual(typesOf(frames), ['start', 'delta', 'done'])
  assert.match(saidIn(frames), /20\.$/)
  const reply = await plain
  assert.deepEqual([reply.status, at(await reply.json(), 'finishReason')], [200, 'stop'])
  assert.deepEqual(await gateway.exited, [0, null])
})
