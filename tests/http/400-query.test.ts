import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectError } from '../support/expect-error.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { at, textAt } from '../support/json.ts'
import { type RawReply, rawRequest, sendRaw } from '../support/raw-http.ts'
import { useGateway } from '../support/use-gateway.ts'

const stack = new AsyncDisposableStack()
let gateway: RunningGateway

before(async () => {
  gateway = await useGateway(stack)
  await gateway.call('POST', '/api/v1/chat', { message: 'echo one', conversationId: 'one' })
  await gateway.call('POST', '/api/v1/chat', { message: 'echo two', conversationId: 'two' })
})
after(() => stack.disposeAsync())

/** Sends a target that no client has normalised. */
function get(target: string): Promise<RawReply> {
  return sendRaw(gateway.url, rawRequest({ target, headers: [`Authorization: Bearer ${gateway.token}`] }))
}

const lists = ['/api/v1/conversations', '/api/v1/conversations/one']

test('limit is a whole number from 1 to 100, written in digits', async () => {
  for (const list of lists) {
    for (const limit of ['1', '2', '100']) assert.equal((await get(`${list}?limit=${limit}`)).status, 200)
    const wrong = [
      '0',
      '101',
      '-1',
      'abc',
      '1e1',
      '0x10',
      '+5',
      '%2B5',
      '5.0',
      '1.5',
      '05',
      '%205',
      '5%20',
      '',
      '%E0%A5%A7',
      '999999999999',
      'NaN',
      'null',
    ]
    for (const limit of wrong) {
      const body = await expectError(await get(`${list}?limit=${limit}`), 400, 'invalid_request')
      assert.equal(at(body, 'details', 'field'), 'limit', limit)
    }
  }
})

test('a parameter that is given twice is refused', async () => {
  for (const list of lists) {
    for (const query of [
      'limit=1&limit=1',
      'limit=1&limit=2',
      'limit=1&limit=1&limit=1',
      'cursor=a&cursor=a',
    ]) {
      await expectError(await get(`${list}?${query}`), 400, 'invalid_request')
    }
  }
  await expectError(await get('/api/v1/conversations?channel=api&channel=api'), 400, 'invalid_request')
})

test('an unknown parameter is refused with the one that was meant', async () => {
  const close = await expectError(await get('/api/v1/conversations?limt=5'), 400, 'invalid_request')
  assert.deepEqual(at(close, 'details'), { field: 'limt', didYouMean: 'limit' })
  assert.match(textAt(close, 'message'), /no query parameter "limt"/)
  for (const target of [
    '/api/v1/conversations?page=2',
    '/api/v1/models?limit=1',
    '/api/v1/skills?a',
    '/api/v1/conversations/one?channel=api',
  ]) {
    await expectError(await get(target), 400, 'invalid_request')
  }
  for (const name of ['__proto__', 'constructor', 'toString']) {
    const body = await expectError(await get(`/api/v1/conversations?${name}=1`), 400, 'invalid_request')
    assert.equal(at(body, 'details', 'field'), name)
  }
})

test('a cursor that is not of this list is refused', async () => {
  const first: unknown = JSON.parse((await get('/api/v1/conversations?limit=1')).body)
  const ours = textAt(first, 'nextCursor')
  assert.equal((await get(`/api/v1/conversations?cursor=${ours}`)).status, 200)
  const messages: unknown = JSON.parse((await get('/api/v1/conversations/one?limit=1')).body)
  const ofMessages = textAt(messages, 'nextCursor')
  assert.equal((await get(`/api/v1/conversations/one?cursor=${ofMessages}`)).status, 200)

  const encode = (text: string): string => Buffer.from(text).toString('base64url')
  const forged = [
    'conversations:-1',
    'conversations:1e3',
    'conversations:01',
    'conversations:',
    'conversations:1:2',
    'conversations:9007199254740993',
    'messages:1; --',
    'x:1',
  ]
  const foreign = [
    ofMessages,
    `${ours}=`,
    `${ours}A`,
    'abc',
    '%00',
    '%ff',
    '..',
    '',
    'a'.repeat(201),
    ...forged.map(encode),
  ]
  for (const cursor of foreign) {
    const body = await expectError(
      await get(`/api/v1/conversations?cursor=${cursor}`),
      400,
      'invalid_request',
    )
    assert.equal(at(body, 'details', 'field'), 'cursor', cursor)
  }
  await expectError(await get(`/api/v1/conversations/one?cursor=${ours}`), 400, 'invalid_request')
})

test('a path that is not valid percent-encoding is refused', async () => {
  for (const target of [
    '/%ff',
    '/%',
    '/%zz',
    '/api/v1/conversations/%ff',
    '/api/v1/conversations/%c3%28',
    '/health%',
  ]) {
    await expectError(await get(target), 400, 'invalid_request')
  }
})

test('an id that no conversation can have is 400 or 404, never an error of the gateway', async () => {
  for (const id of ['%00', 'a%00b', '..', '..%2f..%2fhealth', '%2e%2e', "'%20OR%201=1", 'a'.repeat(64)]) {
    const reply = await get(`/api/v1/conversations/${id}`)
    await expectError(reply, 404, 'not_found')
  }
  for (const id of ['a'.repeat(65), 'a'.repeat(257), 'a'.repeat(8000), '%C3%A4'.repeat(300)]) {
    await expectError(await get(`/api/v1/conversations/${id}`), 400, 'invalid_request')
  }
})

test('a parameter is refused also where a path takes none, whatever the method', async () => {
  for (const [method, path, body] of [
    ['POST', '/api/v1/chat?stream=true', { message: 'echo x' }],
    ['POST', '/api/v1/chat/stream?stream=true', { message: 'echo x' }],
    ['DELETE', '/api/v1/conversations/nobody?force=1', undefined],
    ['GET', '/api/v1/webhooks?limit=1', undefined],
  ] as const) {
    const reply = await gateway.call(method, path, body)
    const error = await expectError(reply, 400, 'invalid_request')
    assert.match(textAt(error, 'message'), /^There is no query parameter "\w+"\. Known: none\.$/, path)
  }
  assert.equal((await fetch(`${gateway.url}/health?probe=1`)).status, 200)
})

test('a limit below zero is a number that is too small', async () => {
  const error = await expectError(await gateway.call('GET', '/api/v1/audit?limit=-1'), 400, 'invalid_request')
  assert.match(textAt(error, 'message'), /at least 1/)
})
