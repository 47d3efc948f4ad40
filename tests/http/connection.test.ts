import assert from 'node:assert/strict'
import { Agent, type IncomingMessage, request } from 'node:http'
import { after, before, test } from 'node:test'
import type { RunningGateway } from '../support/gateway.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
const agent = new Agent({ keepAlive: true })
let gateway: RunningGateway

before(async () => {
  stack.defer(() => agent.destroy())
  gateway = await useGateway(stack)
})
after(() => stack.disposeAsync())

async function ask(method: string, path: string, body: string, connection: string): Promise<IncomingMessage> {
  const call = request(gateway.url + path, {
    agent,
    method,
    headers: {
      Authorization: `Bearer ${gateway.token}`,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      Connection: connection,
    },
  })
  call.setTimeout(30_000, () => call.destroy(new Error('no reply in time')))
  call.end(body)
  const reply = await new Promise<IncomingMessage>((resolve, reject) =>
    call.once('response', resolve).once('error', reject),
  )
  reply.resume()
  return reply
}

for (const [name, method, path, body, status] of [
  ['a reply', 'POST', '/api/v1/chat', '{"message":"echo x"}', 200],
  ['a body that is no JSON', 'POST', '/api/v1/chat', '{', 400],
  ['a body that is too large', 'POST', '/api/v1/chat', 'x'.repeat(1_100_000), 413],
  ['a wrong field', 'POST', '/api/v1/chat', '{"nope":1}', 400],
  ["a door's error", 'POST', '/v1/messages', '{}', 400],
  ['a path that is none', 'GET', '/nope', '', 404],
] as const) {
  test(`who asks to close the connection is told that it closes, who does not keeps it: ${name}`, async () => {
    for (const connection of ['close', 'keep-alive']) {
      const reply = await ask(method, path, body, connection)
      assert.deepEqual([reply.statusCode, reply.headers.connection], [status, connection])
    }
  })
}
