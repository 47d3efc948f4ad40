import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { respond, startReceiver } from './support/receiver.ts'
import { endpointAt, useWorker } from './support/worker.ts'

// The outbox is looked at every two seconds: what comes that late was not told of.
const polledMs = 1_800

test('an event is delivered at once, with a signed body and all headers', async () => {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(await startReceiver((response) => respond(response, 200, 'thanks')))
  const worker = await useWorker(stack, [endpointAt(`${receiver.url}/hook?x=1`)])
  const startedAt = performance.now()
  await worker.send()
  const [received] = await receiver.count(1)
  assert.ok(received)
  assert.ok(received.at - startedAt < polledMs, 'it was polled for')
  assert.equal(received.path, '/hook?x=1')
  assert.equal(received.event.event, 'message.sent')
  assert.match(String(received.event.signature), /^sha256=[0-9a-f]{64}$/)
  const { headers } = received
  assert.equal(headers['webhook-id'], received.event.id)
  assert.equal(headers['x-openclaw-event'], 'message.sent')
  assert.match(headers['x-openclaw-delivery']?.toString() ?? '', /^dlv_[0-9A-Z]+$/)
  assert.match(headers['webhook-signature']?.toString() ?? '', /^v1,[A-Za-z0-9+/]{43}=$/)
  assert.match(headers['x-openclaw-signature-256']?.toString() ?? '', /^sha256=[0-9a-f]{64}$/)
  assert.equal(headers['user-agent'], 'OpenClaw-Webhooks/1.2.3')
  assert.equal(headers['content-type'], 'application/json')
  const delivery = await worker.until('the success', ({ status }) => status === 'delivered')
  assert.equal(delivery.attempts.length, 1)
  assert.deepEqual(
    [delivery.attempts[0]?.status, delivery.attempts[0]?.error, delivery.attempts[0]?.answer],
    [200, null, 'thanks'],
  )
})

test('a failure is tried again with the same body and id, a new delivery id, and a doubled wait', async () => {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(await startReceiver((response) => respond(response, 500, 'no')))
  const worker = await useWorker(stack, [endpointAt(receiver.url)])
  await worker.send()
  const received = await receiver.count(3)
  const [first, second, third] = received
  assert.ok(first && second && third)
  assert.equal(new Set(received.map(({ raw }) => raw)).size, 1)
  assert.equal(new Set(received.map(({ headers }) => headers['webhook-id'])).size, 1)
  assert.equal(new Set(received.map(({ headers }) => headers['x-openclaw-delivery'])).size, 3)
  assert.ok(second.at - first.at >= 95, `${second.at - first.at} ms`)
  assert.ok(second.at - first.at < polledMs, 'the second attempt was polled for')
  assert.ok(third.at - second.at >= 195, `${third.at - second.at} ms`)
  const delivery = await worker.until('the end', ({ status }) => status === 'dead')
  assert.equal(delivery.reason, 'attempts_exhausted')
  assert.deepEqual(
    delivery.attempts.map(({ status, error }) => [status, error]),
    [
      [500, 'http_status'],
      [500, 'http_status'],
      [500, 'http_status'],
    ],
  )
  await worker.send()
  await receiver.count(4)
})

test('Retry-After is waited for', async () => {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(
    await startReceiver((response, _received, number) =>
      number === 1 ? respond(response, 429, '', { 'Retry-After': '1' }) : respond(response, 204),
    ),
  )
  const worker = await useWorker(stack, [endpointAt(receiver.url)])
  await worker.send()
  const [first, second] = await receiver.count(2)
  assert.ok(first && second)
  assert.ok(second.at - first.at >= 990, `${second.at - first.at} ms`)
})

test('a redirect is a failure and is not followed', async () => {
  await using stack = new AsyncDisposableStack()
  const target = stack.use(await startReceiver())
  const receiver = stack.use(
    await startReceiver((response) => respond(response, 307, '', { Location: target.url })),
  )
  const worker = await useWorker(stack, [
    endpointAt(receiver.url, { retry: { maxAttempts: 1, backoffMs: 100, schedule: null } }),
  ])
  await worker.send()
  const delivery = await worker.until('the end', ({ status }) => status === 'dead')
  assert.deepEqual([delivery.attempts[0]?.status, delivery.attempts[0]?.error], [307, 'redirect'])
  assert.equal(target.received.length, 0)
})

test('410 disables the endpoint, and the others are told', async () => {
  await using stack = new AsyncDisposableStack()
  const gone = stack.use(await startReceiver((response) => respond(response, 410)))
  const other = stack.use(await startReceiver())
  const worker = await useWorker(stack, [
    endpointAt(gone.url, { id: 'gone' }),
    endpointAt(other.url, { id: 'other', events: ['webhook.disabled'] }),
  ])
  await worker.send()
  const [told] = await other.count(1, 'webhook.disabled')
  assert.deepEqual([told?.event.data.endpoint, told?.event.data.reason], ['gone', 'gone'])
  assert.match(worker.worker.sentence() ?? '', /"?gone"? is disabled \(gone\).*openclaw webhook enable gone/)
  await worker.send()
  const missed = await worker.until('the missed one', ({ reason }) => reason === 'endpoint_disabled')
  assert.equal(missed.attempts.length, 0)
  assert.equal(gone.received.length, 1)
  assert.equal(other.received.length, 1)
})

test('five days of nothing but failures disable the endpoint, four do not, and a success begins anew', async () => {
  await using stack = new AsyncDisposableStack()
  let status = 500
  const receiver = stack.use(await startReceiver((response) => respond(response, status)))
  const once = { maxAttempts: 1, backoffMs: 100, schedule: null }
  const worker = await useWorker(stack, [endpointAt(receiver.url, { retry: once })])
  const dayMs = 24 * 60 * 60 * 1000
  const state = async () => worker.store.endpoints.find('wh_test')
  const sendAndSettle = async (days: number): Promise<void> => {
    worker.clock.aheadMs = days * dayMs
    const before = receiver.received.length
    await worker.send()
    await receiver.count(before + 1)
    await worker.until('its end', ({ attempts, createdAt }) => {
      return attempts.length === 1 && createdAt > Date.now() + days * dayMs - dayMs / 2
    })
  }
  await sendAndSettle(0)
  await sendAndSettle(4)
  assert.equal((await state())?.disabledAt, null)
  status = 204
  await sendAndSettle(4.6)
  assert.equal((await state())?.failingSince, null)
  status = 500
  await sendAndSettle(6)
  await sendAndSettle(10.9)
  assert.equal((await state())?.disabledAt, null)
  await sendAndSettle(11.6)
  assert.equal((await state())?.disabledReason, 'failing')
})

test('an answer of which no end comes is cut at the deadline, and tried again', async () => {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(
    await startReceiver((response, _received, number) => {
      if (number > 1) respond(response, 204)
      else response.writeHead(200).write('never ends')
    }),
  )
  const worker = await useWorker(stack, [endpointAt(receiver.url)], { timeoutMs: 300 })
  await worker.send()
  const delivery = await worker.until('the success', ({ status }) => status === 'delivered')
  assert.deepEqual(
    delivery.attempts.map(({ status, error, answer }) => [status, error, answer]),
    [
      [200, 'timeout', 'never ends'],
      [204, null, ''],
    ],
  )
  assert.ok((delivery.attempts[0]?.durationMs ?? 0) >= 295)
})

test('of an answer at most 64 KiB are read and 4 KiB kept', async () => {
  await using stack = new AsyncDisposableStack()
  let written = 0
  const receiver = stack.use(
    await startReceiver((response) => {
      response.writeHead(200)
      const more = (): void => {
        while (!response.destroyed && written < 512 * 1024 * 1024) {
          written += 65_536
          if (!response.write('x'.repeat(65_536))) {
            response.once('drain', more)
            return
          }
        }
      }
      more()
    }),
  )
  const worker = await useWorker(stack, [endpointAt(receiver.url)])
  await worker.send()
  const delivery = await worker.until('the success', ({ status }) => status === 'delivered')
  assert.equal(delivery.attempts[0]?.answer, 'x'.repeat(4096))
  assert.ok(written < 32 * 1024 * 1024, `${written} bytes were written`)
})

test('connections are kept and used again', async () => {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(await startReceiver())
  const worker = await useWorker(stack, [endpointAt(receiver.url)])
  await worker.send(100)
  await receiver.count(100)
  // A slot is free a moment before its connection is, so a sixth to tenth one can be opened.
  assert.ok(receiver.connections <= 10, `${receiver.connections} connections`)
})

test('no more than five deliveries to an endpoint are in flight', async () => {
  await using stack = new AsyncDisposableStack()
  let most = 0
  const receiver = stack.use(
    await startReceiver((response) => {
      most = Math.max(most, receiver.open)
      setTimeout(() => respond(response, 204), 20)
    }),
  )
  const worker = await useWorker(stack, [endpointAt(receiver.url)])
  await worker.send(60)
  await receiver.count(60)
  assert.equal(most, 5)
})

test('an endpoint that hangs delays no other one', async () => {
  await using stack = new AsyncDisposableStack()
  const hanging = stack.use(await startReceiver(() => undefined))
  const other = stack.use(await startReceiver())
  const endpoints = [endpointAt(hanging.url, { id: 'hanging' }), endpointAt(other.url, { id: 'other' })]
  const worker = await useWorker(stack, endpoints, { timeoutMs: 120_000 })
  const startedAt = performance.now()
  await worker.send(50)
  const received = await other.count(50)
  assert.ok((received.at(-1)?.at ?? 0) - startedAt < 30_000)
  assert.equal(hanging.received.length, 5)
})

test('of what is in flight nothing is lost where the worker stops: it is delivered by the next one', async () => {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(
    await startReceiver((response, _received, number) => {
      if (number > 5) respond(response, 204)
    }),
  )
  const worker = await useWorker(stack, [endpointAt(receiver.url)], { timeoutMs: 120_000 })
  await worker.send(8)
  await receiver.count(5)
  const startedAt = performance.now()
  await worker.worker[Symbol.asyncDispose]()
  assert.ok(performance.now() - startedAt < 30_000, 'the stop waits for the receiver')
  const rows = await worker.store.deliveries.list({ limit: 10, status: 'waiting' })
  assert.deepEqual(
    rows.map(({ attempts }) => attempts.length),
    [0, 0, 0, 0, 0, 0, 0, 0],
  )
  const now = worker.clock.now()
  for (const { nextAttemptAt } of rows) assert.ok((nextAttemptAt ?? Number.NaN) <= now)
})

test('a changed config counts at the next attempt: another address, a removed endpoint, a new one', async () => {
  await using stack = new AsyncDisposableStack()
  const before = stack.use(await startReceiver())
  const after = stack.use(await startReceiver())
  const worker = await useWorker(stack, [endpointAt(before.url)])
  await worker.send()
  await before.count(1)
  worker.endpoints = [endpointAt(after.url), endpointAt(after.url, { id: 'new' })]
  worker.worker.sync()
  await worker.send()
  await after.count(2)
  worker.endpoints = []
  worker.worker.sync()
  await worker.send()
  assert.deepEqual([before.received.length, after.received.length], [1, 2])
})

test('after a rotation both secrets sign for 24 hours, and then the new one alone', async () => {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(await startReceiver())
  const worker = await useWorker(stack, [endpointAt(receiver.url, { previousSecret: 'the one before' })])
  const signatures = async (aheadMs: number, number: number): Promise<number> => {
    worker.clock.aheadMs = aheadMs
    await worker.send()
    const received = await receiver.count(number)
    // Its lease must not end by the clock's next leap.
    await eventually('all settled', async () =>
      (await worker.store.endpoints.waiting('wh_test', 1)) === 0 ? true : undefined,
    )
    return String(received.at(-1)?.headers['webhook-signature']).split(' ').length
  }
  const hourMs = 3_600_000
  assert.equal(await signatures(0, 1), 2)
  assert.equal(await signatures(23.9 * hourMs, 2), 2)
  assert.equal(await signatures(24.1 * hourMs, 3), 1)
})

test('without a secret nothing is signed', async () => {
  await using stack = new AsyncDisposableStack()
  const receiver = stack.use(await startReceiver())
  const worker = await useWorker(stack, [endpointAt(receiver.url, { secret: null })])
  await worker.send()
  const [received] = await receiver.count(1)
  assert.ok(received)
  assert.equal('signature' in received.event, false)
  assert.equal(received.headers['webhook-signature'], undefined)
  assert.equal(received.headers['x-openclaw-signature-256'], undefined)
  assert.ok(received.headers['webhook-id'])
})
