import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ApiOperation, apiOperations } from '../support/api-document.ts'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { rawRequest, sendRaw } from '../support/raw-http.ts'
import { useGateway } from '../support/use-gateway.ts'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'] as const

const stack = new AsyncDisposableStack()
let gateway: RunningGateway
let operations: readonly ApiOperation[]

before(async () => {
  gateway = await useGateway(stack)
  operations = await apiOperations(gateway.url)
})
after(() => stack.disposeAsync())

function methodsOf(path: string): readonly string[] {
  const own = operations.filter((operation) => operation.path === path).map(({ method }) => method)
  return own.includes('GET') ? [...own, 'HEAD'].sort() : own.sort()
}

test('every route answers every other method with 405 and the methods that it takes', async () => {
  const paths = [...new Set(operations.map(({ path }) => path))]
  assert.ok(paths.length >= 11)
  for (const path of paths) {
    const allowed = methodsOf(path)
    for (const method of methods) {
      if (allowed.includes(method)) continue
      const target = path.replace('{id}', 'conv_1')
      const reply = await sendRaw(gateway.url, rawRequest({ method, target }))
      await expectError(reply, 405, 'method_not_allowed')
      assert.equal(reply.headers.get('allow'), allowed.join(', '), `${method} ${path}`)
    }
  }
})

test('a wrong method is 405 whatever body comes with it', async () => {
  for (const method of ['PUT', 'PATCH', 'DELETE', 'QUERY']) {
    for (const [body, type] of [
      ['{', 'application/json'],
      ['hello', 'text/plain'],
      ['x'.repeat(2_000_000), 'application/json'],
    ] as const) {
      const reply = await fetch(`${gateway.url}/api/v1/chat`, {
        method,
        body,
        headers: { 'Content-Type': type },
      })
      await expectError(reply, 405, 'method_not_allowed')
      assert.equal(reply.headers.get('allow'), 'POST')
    }
  }
})

test('HEAD where there is no GET is 405 without a body', async () => {
  const reply = await sendRaw(gateway.url, rawRequest({ method: 'HEAD', target: '/api/v1/chat' }))
  assert.deepEqual([reply.status, reply.headers.get('allow'), reply.body], [405, 'POST', ''])
})

test('HEAD answers what GET answers, without the body', async () => {
  for (const { method, path } of operations) {
    if (method !== 'GET' || path.includes('{')) continue
    const headers = [`Authorization: Bearer ${gateway.token}`]
    const head = await sendRaw(gateway.url, rawRequest({ method: 'HEAD', target: path, headers }))
    const get = await sendRaw(gateway.url, rawRequest({ target: path, headers }))
    assert.deepEqual([head.status, head.body], [200, ''], path)
    assert.equal(head.headers.get('content-type'), get.headers.get('content-type'))
    assert.ok(Number(head.headers.get('content-length')) > 0)
  }
})

test('OPTIONS that is no preflight is 405', async () => {
  const origin = await sendRaw(
    gateway.url,
    rawRequest({ method: 'OPTIONS', target: '/api/v1/chat', headers: ['Origin: http://app.test'] }),
  )
  await expectError(origin, 405, 'method_not_allowed')
  const asked = await sendRaw(
    gateway.url,
    rawRequest({
      method: 'OPTIONS',
      target: '/api/v1/chat',
      headers: ['Access-Control-Request-Method: POST'],
    }),
  )
  await expectError(asked, 405, 'method_not_allowed')
})

test('the paths of other APIs know their methods too, also below a list of models', async () => {
  for (const [path, allowed] of [
    ['/v1/models', 'GET, HEAD'],
    ['/v1/models/gpt-4o', 'GET, HEAD'],
    ['/v1/models/openrouter/meta/llama', 'GET, HEAD'],
    ['/v1/messages', 'POST'],
    ['/v1/chat/completions', 'POST'],
  ] as const) {
    for (const method of ['DELETE', 'PUT', 'PATCH']) {
      const reply = await gateway.call(method, path)
      assert.deepEqual([reply.status, reply.headers.get('allow')], [405, allowed], `${method} ${path}`)
      assert.match(
        await reply.text(),
        new RegExp(`${method} is not for this path. Use ${allowed.split(', ')[0]}`),
      )
    }
  }
})
