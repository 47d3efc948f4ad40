import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { textAt } from '../support/json.ts'
import { rawRequest, sendRaw } from '../support/raw-http.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack)
})
after(() => stack.disposeAsync())

test('a path that is nowhere is 404 for everybody, in the form of every error', async () => {
  const paths = [
    '/',
    '/api',
    '/api/v1',
    '/api/v2/models',
    '/api/v1/nope',
    '/favicon.ico',
    '/api/v1/models/',
    '/API/v1/models',
    '/api/v1/models;a=b',
  ]
  for (const path of paths) {
    const body = await expectError(await fetch(gateway.url + path), 404, 'not_found')
    assert.match(textAt(body, 'message'), /\/docs/)
    await expectError(await gateway.call('GET', path), 404, 'not_found')
  }
})

test('a path is taken as it is written: no doubled slash, no dot segment, no encoded slash leads to a route', async () => {
  const targets = [
    '//api/v1/models',
    '/api//v1/models',
    '/api/v1/../v1/models',
    '/api/v1/./models',
    '/api%2fv1/models',
    '/api/v1/conversations/..',
    '/health/..',
    '/health/',
    '/..',
    '/%2e%2e/health',
    '/api/v1/models%00',
    '/api/v1/models%20',
    '*',
  ]
  const headers = [`Authorization: Bearer ${gateway.token}`]
  for (const target of targets) {
    await expectError(await sendRaw(gateway.url, rawRequest({ target, headers })), 404, 'not_found')
  }
})

test('a path that is nowhere is 404 whatever is sent to it', async () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
    for (const [body, type] of [
      ['{', 'application/json'],
      ['hello', 'text/plain'],
      ['', 'application/json'],
    ] as const) {
      const reply = await fetch(`${gateway.url}/api/v1/nope`, {
        method,
        body,
        headers: { 'Content-Type': type },
      })
      await expectError(reply, 404, 'not_found')
    }
  }
})

test('what the error repeats of a path is short', async () => {
  const body = await expectError(await fetch(`${gateway.url}/${'x'.repeat(10_000)}`), 404, 'not_found')
  assert.ok(textAt(body, 'message').length < 250)
})

test('a conversation that is not there is 404 to read and to delete', async () => {
  for (const method of ['GET', 'DELETE']) {
    const body = await expectError(
      await gateway.call(method, '/api/v1/conversations/conv_none'),
      404,
      'not_found',
    )
    assert.match(textAt(body, 'message'), /conv_none/)
  }
})

test('a deleted conversation is 404, also to delete it again', async () => {
  await gateway.call('POST', '/api/v1/chat', { message: 'echo x', conversationId: 'gone' })
  const deleted = await gateway.call('DELETE', '/api/v1/conversations/gone')
  assert.deepEqual([deleted.status, await deleted.json()], [200, { id: 'gone', deleted: true }])
  await expectError(await gateway.call('GET', '/api/v1/conversations/gone'), 404, 'not_found')
  await expectError(await gateway.call('DELETE', '/api/v1/conversations/gone'), 404, 'not_found')
})

test('/send to a channel that is not configured is channel_not_found', async () => {
  for (const channel of ['telegram', 'discord', 'slack', 'pigeon', '__proto__']) {
    const reply = await gateway.call('POST', '/api/v1/send', { channel, chatId: '1', message: 'Hi' })
    const body = await expectError(reply, 404, 'channel_not_found')
    assert.ok(textAt(body, 'message').includes(`"${channel}"`))
  }
})

test('api.enabled false leaves /health alone', async () => {
  await using own = new AsyncDisposableStack()
  const off = await useGateway(own, { config: { api: { enabled: false } } })
  assert.equal((await fetch(`${off.url}/health`)).status, 200)
  for (const path of ['/api/v1/models', '/health/detail', '/docs', '/api/v1/openapi.json', '/nope']) {
    await expectError(await off.call('GET', path), 404, 'not_found')
  }
  await expectError(await off.call('POST', '/api/v1/chat', { message: 'x' }), 404, 'not_found')
})

test('a slash too many is no id without a character: the error names the path without it', async () => {
  for (const path of ['/api/v1/conversations', '/v1/models', '/docs', '/api/v1/models']) {
    const reply = await gateway.call('GET', `${path}/`)
    assert.equal(reply.status, 404)
    assert.ok((await reply.text()).includes(`Did you mean ${path}?`), path)
  }
})
