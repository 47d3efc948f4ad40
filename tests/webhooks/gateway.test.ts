import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { expectError } from '../support/expect-error.ts'
import { at, listAt, numberAt, textAt } from '../support/json.ts'
import { useGateway } from '../support/use-gateway.ts'
import { respond, startReceiver } from './support/receiver.ts'

const secret = 'your-webhook-secret'

function webhooks(...outgoing: readonly object[]) {
  const endpoints = outgoing.map((one) => ({ secret, allowPrivateNetwork: true, ...one }))
  return { config: { api: { webhooks: { outgoing: endpoints } } } }
}

async function json(response: Response): Promise<unknown> {
  assert.equal(response.status, 200, await response.clone().text())
  return await response.json()
}

test('a first turn tells of the conversation, the message and the reply, with what they hold', async () => {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(await startReceiver())
  const gateway = await useGateway(stack, webhooks({ id: 'crm', url: receiver.url }))
  const reply = await json(await gateway.call('POST', '/api/v1/chat', { message: 'echo Hello, "signature"' }))
  const received = await receiver.count(3)
  const events = ['conversation.created', 'message.received', 'message.sent'].map((name) =>
    received.find(({ event }) => event.event === name),
  )
  const [created, question, answer] = events
  assert.ok(created && question && answer)
  const conversationId = textAt(reply, 'conversationId')
  const place = { conversationId, channel: 'api', chatId: conversationId }
  const from = { id: textAt(created.event, 'data', 'from', 'id'), name: 'admin' }
  assert.match(from.id, /^tok_/)
  const { timestamp } = created.event.data
  assert.deepEqual(created.event.data, { ...place, from, timestamp })
  assert.deepEqual(question.event.data, {
    ...place,
    from,
    content: 'echo Hello, "signature"',
    messageId: textAt(question.event, 'data', 'messageId'),
    timestamp: question.event.data.timestamp,
  })
  assert.deepEqual(answer.event.data, {
    ...place,
    messageId: textAt(reply, 'id'),
    content: textAt(reply, 'content'),
    model: textAt(reply, 'model'),
    usage: at(reply, 'usage'),
    externalIds: [],
    timestamp: answer.event.data.timestamp,
  })
  for (const { event, raw } of received) {
    assert.equal(event.type, event.event)
    assert.match(event.id, /^evt_[0-9A-Z]+$/)
    assert.ok(Math.abs(Date.parse(String(event.timestamp)) - Date.now()) < 60_000)
    assert.match(raw, /,"signature":"sha256=[0-9a-f]{64}"\}$/)
  }
  const stored = await json(await gateway.call('GET', `/api/v1/conversations/${conversationId}`))
  assert.equal(textAt(stored, 'messages', 0, 'id'), question.event.data.messageId)
  assert.equal(textAt(stored, 'messages', 1, 'id'), answer.event.data.messageId)
})

test('a turn that fails sends no message.sent, and a stream tells the same as a plain call', async () => {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(await startReceiver())
  const gateway = await useGateway(stack, webhooks({ id: 'crm', url: receiver.url, events: ['message.*'] }))
  assert.notEqual((await gateway.call('POST', '/api/v1/chat', { message: 'error 429' })).status, 200)
  await (await gateway.call('POST', '/api/v1/chat/stream', { message: 'echo streamed' })).text()
  await receiver.count(1, 'message.sent')
  assert.deepEqual(receiver.received.map(({ event }) => [event.event, event.data.content]).sort(), [
    ['message.received', 'echo streamed'],
    ['message.received', 'error 429'],
    ['message.sent', 'streamed'],
  ])
})

test('a running chat is not delayed by an endpoint that hangs, and neither is the stop', async () => {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(await startReceiver(() => undefined))
  const gateway = await useGateway(stack, webhooks({ id: 'slow', url: receiver.url }))
  for (let turn = 0; turn < 5; turn++) {
    const startedAt = performance.now()
    await json(await gateway.call('POST', '/api/v1/chat', { message: `echo ${turn}` }))
    assert.ok(performance.now() - startedAt < 8_000)
  }
  await receiver.count(5)
  const startedAt = performance.now()
  await gateway.stop()
  assert.ok(performance.now() - startedAt < 8_000, 'the stop waited for the receiver')
  assert.deepEqual(await gateway.exited, [0, null])
})

test('the config is followed while the gateway runs', async () => {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(await startReceiver())
  const gateway = await useGateway(stack)
  await json(await gateway.call('POST', '/api/v1/chat', { message: 'echo before' }))
  const file = join(gateway.home, 'openclaw.json5')
  const config = JSON.parse(await readFile(file, 'utf8'))
  config.api.webhooks = webhooks({ id: 'late', url: receiver.url }).config.api.webhooks
  await writeFile(file, JSON.stringify(config), { mode: 0o600 })
  await eventually('the new endpoint', async () => {
    const listed = await json(await gateway.call('GET', '/api/v1/webhooks'))
    return listAt(listed, 'data').length === 1 ? true : undefined
  })
  await json(await gateway.call('POST', '/api/v1/chat', { message: 'echo after' }))
  await receiver.count(3)
  assert.ok(receiver.received.every(({ raw }) => !raw.includes('before')))
})

test('endpoints are listed without their secrets, paths and queries', async () => {
  await using stack = new AsyncDisposableStack()
  const url = 'http://127.0.0.1:9/hidden?key=hidden'
  const gateway = await useGateway(stack, webhooks({ url, events: 'message.sent' }))
  const response = await gateway.call('GET', '/api/v1/webhooks')
  const text = await response.clone().text()
  assert.doesNotMatch(text, /hidden|your-webhook-secret/)
  const [endpoint] = listAt(await json(response), 'data')
  assert.match(textAt(endpoint, 'id'), /^wh_[0-9a-f]{16}$/)
  assert.deepEqual(
    ['url', 'status', 'signed', 'waiting'].map((name) => at(endpoint, name)),
    ['http://127.0.0.1:9/…', 'enabled', true, 0],
  )
})

test('a test tells what the receiver answered', async () => {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(await startReceiver((response) => respond(response, 418, 'I am a teapot')))
  const gateway = await useGateway(
    stack,
    webhooks({ id: 'crm', url: receiver.url, events: ['message.sent'] }),
  )
  const tested = await json(await gateway.call('POST', '/api/v1/webhooks/crm/test'))
  assert.equal(textAt(tested, 'status'), 'dead')
  assert.equal(textAt(tested, 'event'), 'webhook.test')
  assert.deepEqual(
    ['status', 'error', 'answer'].map((name) => at(tested, 'attempts', 0, name)),
    [418, 'http_status', 'I am a teapot'],
  )
  assert.equal(receiver.received.length, 1)
  await expectError(await gateway.call('POST', '/api/v1/webhooks/none/test'), 404, 'not_found')
})

test('deliveries are listed page by page, shown with the answer, replayed and recovered', async () => {
  await using stack = new AsyncDisposableStack()
  let status = 500
  const receiver = stack.use(
    await startReceiver((response) => respond(response, status, 'said the receiver')),
  )
  const retry = { maxAttempts: 1, backoffMs: 100 }
  const gateway = await useGateway(stack, webhooks({ id: 'crm', url: receiver.url, retry }))
  const since = new Date(Date.now() - 60_000).toISOString()
  await json(await gateway.call('POST', '/api/v1/chat', { message: 'echo Hi' }))
  const list = async (query: string): Promise<unknown> =>
    await json(await gateway.call('GET', `/api/v1/webhooks/deliveries?${query}`))
  const dead = await eventually('three dead deliveries', async () => {
    const page = await list('status=dead&endpoint=crm')
    return listAt(page, 'data').length === 3 ? page : undefined
  })
  assert.equal(at(dead, 'hasMore'), false)
  const first = await list('limit=2')
  assert.equal(at(first, 'hasMore'), true)
  const second = await list(`limit=2&cursor=${textAt(first, 'nextCursor')}`)
  const ids = [...listAt(first, 'data'), ...listAt(second, 'data')].map((row) => textAt(row, 'id'))
  assert.deepEqual(
    ids,
    listAt(dead, 'data').map((row) => textAt(row, 'id')),
  )
  assert.equal(listAt(await list('event=message.sent'), 'data').length, 1)
  const id = ids[0] ?? ''
  const shown = await json(await gateway.call('GET', `/api/v1/webhooks/deliveries/${id}`))
  assert.equal(textAt(shown, 'attempts', 0, 'answer'), 'said the receiver')
  assert.equal(numberAt(shown, 'attempts', 0, 'status'), 500)
  assert.match(textAt(shown, 'attempts', 0, 'id'), /^dlv_/)
  status = 200
  await json(await gateway.call('POST', `/api/v1/webhooks/deliveries/${id}/replay`))
  await receiver.count(4)
  assert.equal(receiver.received.at(-1)?.event.id, textAt(shown, 'eventId'))
  const recovered = await json(await gateway.call('POST', '/api/v1/webhooks/crm/recover', { since }))
  assert.deepEqual(recovered, { id: 'crm', recovered: 2 })
  await receiver.count(6)
  await eventually('all delivered', async () =>
    listAt(await list('status=delivered'), 'data').length === 3 ? true : undefined,
  )
})

test('what cannot be is refused with its own error, and all of it needs scope admin', async () => {
  await using stack = new AsyncDisposableStack()
  const gateway = await useGateway(stack, {
    ...webhooks({ id: 'crm', url: 'http://127.0.0.1:9/' }),
    tokens: { admin: { scope: ['admin'] }, reader: { scope: ['chat', 'send', 'read'] } },
  })
  const refused = async (method: string, path: string, body: unknown, status: number, code: string) =>
    await expectError(await gateway.call(method, `/api/v1/webhooks${path}`, body), status, code)
  await refused('GET', '/deliveries/whd_none', undefined, 404, 'not_found')
  await refused('POST', '/deliveries/whd_none/replay', undefined, 404, 'not_found')
  await refused('GET', '/deliveries?status=lost', undefined, 400, 'invalid_request')
  await refused('GET', '/deliveries?cursor=bad', undefined, 400, 'invalid_request')
  await refused('GET', '/deliveries?limit=101', undefined, 400, 'invalid_request')
  await refused('POST', '/crm/recover', {}, 400, 'invalid_request')
  await refused('POST', '/crm/recover', { since: 'yesterday' }, 400, 'invalid_request')
  await refused('POST', '/crm/recover', { since: '2026-13-45' }, 400, 'invalid_request')
  await refused('POST', '/none/recover', { since: '2026-01-01T00:00:00Z' }, 404, 'not_found')
  const reader = gateway.secrets.reader ?? ''
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/deliveries'],
    ['GET', '/deliveries/whd_1'],
    ['POST', '/deliveries/whd_1/replay'],
    ['POST', '/crm/test'],
  ] as const) {
    const response = await gateway.call(method, `/api/v1/webhooks${path}`, undefined, reader)
    await expectError(response, 403, 'insufficient_scope')
  }
})

test('a receiver in a private network is not called without allowPrivateNetwork, and the delivery says why', async () => {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(await startReceiver())
  const gateway = await useGateway(
    stack,
    webhooks({ id: 'crm', url: receiver.url, allowPrivateNetwork: false }),
  )
  const tested = await json(await gateway.call('POST', '/api/v1/webhooks/crm/test'))
  assert.equal(textAt(tested, 'attempts', 0, 'error'), 'address_refused')
  assert.equal(receiver.connections, 0)
})
