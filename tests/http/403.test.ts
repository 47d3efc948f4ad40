import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ApiOperation, apiOperations } from '../support/api-document.ts'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, textAt } from '../support/json.ts'
import { useGateway } from '../support/use-gateway.ts'

const scopes = ['chat', 'send', 'read', 'admin'] as const

/** What the contract's table says. A route that is added must be added here too. */
const contract: Readonly<Record<string, string | undefined>> = {
  'POST /api/v1/chat': 'chat',
  'POST /api/v1/chat/stream': 'chat',
  'POST /api/v1/send': 'send',
  'GET /api/v1/conversations': 'read',
  'GET /api/v1/conversations/{id}': 'read',
  'DELETE /api/v1/conversations/{id}': 'chat',
  'GET /api/v1/skills': 'read',
  'GET /api/v1/models': 'read',
  'GET /health': undefined,
  'GET /health/detail': 'read',
  'GET /api/v1/openapi.json': undefined,
  'GET /docs': undefined,
}

const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let operations: readonly ApiOperation[]

before(async () => {
  const tokens = Object.fromEntries(scopes.map((scope) => [scope, { scope: [scope] }]))
  gateway = await useGateway(stack, { tokens })
  operations = await apiOperations(gateway.url)
})
after(() => stack.disposeAsync())

test('the document lists the routes of the contract, each with its scope', () => {
  const listed = Object.fromEntries(operations.map(({ method, path, scope }) => [`${method} ${path}`, scope]))
  for (const [route, scope] of Object.entries(contract)) {
    assert.ok(route in listed, `${route} is not in the document`)
    assert.equal(listed[route], scope, route)
  }
})

test('every route answers each scope as the document says: 403, or anything but 401 and 403', async () => {
  assert.ok(operations.length >= Object.keys(contract).length)
  for (const { method, path, scope: needed } of operations) {
    for (const scope of scopes) {
      const reply = await gateway.call(
        method,
        path.replace('{id}', 'conv_none'),
        undefined,
        gateway.secrets[scope],
      )
      if (needed === undefined || scope === needed || scope === 'admin') {
        assert.ok(![401, 403].includes(reply.status), `${method} ${path} with ${scope}: ${reply.status}`)
        await reply.arrayBuffer()
      } else {
        const body = await expectError(reply, 403, 'insufficient_scope')
        assert.deepEqual(at(body, 'details'), { required: needed, scope: [scope] })
        assert.match(textAt(body, 'message'), new RegExp(`scope ${needed}\\b`))
      }
    }
  }
})

test('HEAD needs the scope of GET', async () => {
  for (const { method, path, scope: needed } of operations) {
    if (method !== 'GET') continue
    const target = path.replace('{id}', 'conv_none')
    const denied = await gateway.call('HEAD', target, undefined, gateway.secrets.send)
    assert.equal(denied.status, needed === undefined ? 200 : 403, path)
    if (needed !== undefined)
      assert.equal((await fetch(gateway.url + target, { method: 'HEAD' })).status, 401)
  }
})

test('a token without the scope is not told what is wrong with its body', async () => {
  for (const body of ['{', '{"mesage":1}', 'x'.repeat(2_000_000)]) {
    await expectError(
      await gateway.call('POST', '/api/v1/chat', body, gateway.secrets.read),
      403,
      'insufficient_scope',
    )
  }
})

test('a refused chat has opened no conversation', async () => {
  const body = { message: 'echo x', conversationId: 'not-opened' }
  await expectError(
    await gateway.call('POST', '/api/v1/chat', body, gateway.secrets.read),
    403,
    'insufficient_scope',
  )
  await expectError(await gateway.call('GET', '/api/v1/conversations/not-opened'), 404, 'not_found')
})
