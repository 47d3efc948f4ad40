import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { RunningGateway } from '../support/gateway.ts'
import { at, textAt } from '../support/json.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack, {})
})
after(() => stack.disposeAsync())

async function call(method: string, path: string, body?: string): Promise<readonly [Response, unknown]> {
  const headers = { Authorization: `Bearer ${gateway.token}`, 'Content-Type': 'application/json' }
  const reply = await fetch(`${gateway.url}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  })
  return [reply, await reply.json()]
}

test('a method that a path of a door does not have is 405 with the methods that it has', async () => {
  for (const [method, path, allowed] of [
    ['DELETE', '/v1/models/x', /GET/],
    ['POST', '/v1/models', /GET/],
    ['GET', '/v1/chat/completions', /POST/],
    ['PUT', '/v1/messages', /POST/],
  ] as const) {
    const [reply, body] = await call(method, path)
    assert.equal(reply.status, 405, `${method} ${path}`)
    assert.match(reply.headers.get('allow') ?? '', allowed)
    assert.ok(textAt(body, 'error', 'type') !== '', JSON.stringify(body))
    assert.equal(at(body, 'type'), path === '/v1/messages' ? 'error' : undefined)
  }
})

test('a body that cannot be read is told what a body of that door looks like', async () => {
  for (const path of ['/v1/chat/completions', '/v1/messages']) {
    for (const sent of ['', '{"a":']) {
      const [reply, body] = await call('POST', path, sent)
      assert.equal(reply.status, 400)
      const message = textAt(body, 'error', 'message')
      assert.doesNotMatch(message, /\{"message"/)
      if (sent === '') assert.match(message, /"messages":\[/)
    }
  }
})
