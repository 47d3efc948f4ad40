import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { GatewayError } from '../../src/domain/errors.ts'
import { expectError } from '../support/expect-error.ts'
import { numberAt, textAt } from '../support/json.ts'
import { ScriptedProvider, saying, untilAborted } from '../support/scripted-provider.ts'
import { ask, bytesOf, Connection, type ConnectionReply } from './support/connection.ts'
import { type HostedGateway, hostGateway } from './support/hosted-gateway.ts'
import { until } from './support/until.ts'

const stream = '/api/v1/chat/stream'
const slots = 2

/** Answers by what the user says: `hang` before or after the first token, `fail` before or in the middle, `flood`, or at once. */
function provider(): ScriptedProvider {
  return new ScriptedProvider('scripted', ['one'], async function* (turn, signal) {
    const said = turn.messages.at(-1)?.content ?? ''
    if (said === 'hang at once') await untilAborted(signal)
    if (said === 'fail at once')
      throw new GatewayError('provider_error', 'The model said no, as it was asked to.')
    if (said.startsWith('hang') || said.startsWith('fail')) yield { type: 'text', text: 'some' }
    if (said === 'hang later') await untilAborted(signal)
    if (said === 'fail later')
      throw new GatewayError('provider_error', 'The model said no, as it was asked to.')
    while (said === 'flood') {
      signal.throwIfAborted()
      yield { type: 'text', text: 'x'.repeat(100_000) }
    }
    yield* saying('Hello.')
  })
}

async function gatewayWith(model: ScriptedProvider): Promise<HostedGateway> {
  return hostGateway({
    api: { limits: { concurrentStreams: slots } },
    tokens: { a: { scope: ['chat'], rateLimit: 1_000_000 }, b: { scope: ['chat'], rateLimit: 1_000_000 } },
    providers: [model],
  })
}

/**
 * Opens a stream and resolves when its model is at work. One that is refused is asked for again: a slot is given back a moment after its
 * caller has left, when what there is of the reply has been stored.
 */
async function open(
  gateway: HostedGateway,
  model: ScriptedProvider,
  message: string,
  token = 'a',
): Promise<Connection> {
  const deadline = performance.now() + 60_000
  const request = { method: 'POST', target: stream, token: gateway.secret(token), body: { message } }
  for (;;) {
    const asked = model.asked.length
    const connection = await Connection.open(gateway.url)
    connection.write(bytesOf(request))
    await until('an answer begins', () => model.asked.length > asked || connection.socket.bytesRead > 0)
    if (model.asked.length > asked) return connection
    connection[Symbol.dispose]()
    assert.ok(performance.now() < deadline, 'the slot is not given back')
  }
}

function askFor(
  gateway: HostedGateway,
  message: string,
  token = 'a',
  more: object = {},
): Promise<ConnectionReply> {
  const body = { message, ...more }
  return ask(gateway.url, { method: 'POST', target: stream, token: gateway.secret(token), body })
}

async function askWhenFree(...asked: Parameters<typeof askFor>): Promise<ConnectionReply> {
  const deadline = performance.now() + 60_000
  for (;;) {
    const reply = await askFor(...asked)
    if (reply.status !== 429 || performance.now() > deadline) return reply
  }
}

/** Fails where a slot of the token is still held: all of them can be taken at once. */
async function expectAllFree(gateway: HostedGateway, model: ScriptedProvider, after: string): Promise<void> {
  using _first = await open(gateway, model, 'hang later')
  using _second = await open(gateway, model, 'hang later')
  assert.equal((await askFor(gateway, 'Hi')).status, 429, after)
}

test('a token over its own number is refused with a sentence, others are not, and plain calls are none', async () => {
  const model = provider()
  await using gateway = await gatewayWith(model)
  using _first = await open(gateway, model, 'hang at once')
  using _second = await open(gateway, model, 'hang later')
  const waits = new Set<number>()
  for (let i = 0; i < 10; i++) {
    const body = await expectError(await askFor(gateway, 'Hi'), 429, 'rate_limit_exceeded')
    assert.match(textAt(body, 'message'), /2 streams open/)
    waits.add(numberAt(body, 'retryAfter'))
  }
  assert.deepEqual([...waits].sort(), [1, 2, 3, 4, 5])
  assert.equal((await askFor(gateway, 'Hi', 'b')).status, 200)
  const plain = {
    method: 'POST',
    target: '/api/v1/chat',
    token: gateway.secret('a'),
    body: { message: 'Hi' },
  }
  assert.equal((await ask(gateway.url, plain)).status, 200)
})

test('a slot is free again however a stream ends', async () => {
  const model = provider()
  await using gateway = await gatewayWith(model)
  const leave = async (
    message: string,
    before: (connection: Connection) => Promise<unknown>,
  ): Promise<void> => {
    using connection = await open(gateway, model, message)
    await before(connection)
    connection[Symbol.dispose]()
    await until('0 turns run', () => model.running === 0)
  }
  const ways: Readonly<Record<string, () => Promise<unknown>>> = {
    'the model is done': async () => assert.equal((await askWhenFree(gateway, 'Hi')).status, 200),
    'the model fails before its first token': async () =>
      expectError(await askWhenFree(gateway, 'fail at once'), 502, 'provider_error'),
    'the model fails in the middle': async () =>
      assert.match(
        (await askWhenFree(gateway, 'fail later')).body,
        /"type":"error","error":"provider_error"/,
      ),
    'the caller leaves before the first token': () => leave('hang at once', async () => undefined),
    'the caller leaves in the middle': () => leave('hang later', (connection) => connection.take(200)),
    'the caller stops reading and leaves': () =>
      leave('flood', async (connection) => {
        await connection.take(1_000_000)
        connection.socket.pause()
        await delay(50)
      }),
    'the caller closes its half of the connection': async () => {
      using connection = await open(gateway, model, 'hang later')
      connection.socket.end()
      await until('0 turns run', () => model.running === 0)
    },
    'there is no such model': async () =>
      expectError(await askWhenFree(gateway, 'Hi', 'a', { model: 'none' }), 404, 'model_not_found'),
    "the conversation is another token's": async () => {
      await askWhenFree(gateway, 'Hi', 'b', { conversationId: 'of-b' })
      await expectError(await askWhenFree(gateway, 'Hi', 'a', { conversationId: 'of-b' }), 409, 'conflict')
    },
    'the body is not valid': async () =>
      expectError(await askWhenFree(gateway, 'Hi', 'a', { nonsense: 1 }), 400, 'invalid_request'),
  }
  for (const [name, end] of Object.entries(ways)) {
    // Twice, since there are two slots: one that is never given back would show at the second.
    await end()
    await end()
    await expectAllFree(gateway, model, name)
  }
})

test('2,000 streams of all tokens together are enough: the next one is told that the gateway is overloaded', async () => {
  const model = provider()
  await using gateway = await hostGateway({
    api: { limits: { concurrentStreams: 1_500 } },
    tokens: Object.fromEntries(['a', 'b'].map((name) => [name, { scope: ['chat'], rateLimit: 1_000_000 }])),
    providers: [model],
  })
  const connections: Connection[] = []
  // Fifty a connection, since pipelined requests run at the same time.
  const openFifty = async (token: string): Promise<void> => {
    const connection = await Connection.open(gateway.url)
    connections.push(connection)
    const request = {
      method: 'POST',
      target: stream,
      token: gateway.secret(token),
      body: { message: 'hang at once' },
    }
    connection.write(bytesOf(request).repeat(50))
  }
  for (let i = 0; i < 30; i++) await openFifty('a')
  await until('1,500 turns run', () => model.running === 1_500)
  await expectError(await askFor(gateway, 'Hi', 'a'), 429, 'rate_limit_exceeded')
  for (let i = 0; i < 10; i++) await openFifty('b')
  await until('2,000 turns run', () => model.running === 2_000)
  const body = await expectError(await askFor(gateway, 'Hi', 'b'), 503, 'overloaded')
  assert.ok(numberAt(body, 'retryAfter') <= 5)
  connections.pop()?.[Symbol.dispose]()
  await until('1,950 turns run', () => model.running === 1_950)
  using _next = await open(gateway, model, 'Hi', 'b')
  for (const connection of connections) connection[Symbol.dispose]()
})
