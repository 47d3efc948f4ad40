import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  newToken,
  openTestStore,
  partsOver,
  requestOf,
  withTurns,
} from '../../../tests/support/domain-parts.ts'
import { ScriptedProvider, saying, untilAborted } from '../../../tests/support/scripted-provider.ts'
import { assertQuiet, eventOf, messagesOf, storedIn, turnOf, withCode } from '../../../tests/support/turns.ts'
import { GatewayError } from '../errors.ts'
import type { ReplyEvent } from './reply.ts'
import { reply } from './reply.ts'

const { store, close } = await openTestStore()
after(close)

const diskFull = new GatewayError('internal_error', 'The disk is full.')
const overloadedProvider = new GatewayError('provider_unavailable', 'acme is overloaded.', {
  retryAfterSeconds: 3,
})

test('a message that cannot be stored stops the model at once, and nothing is acknowledged', async () => {
  const storing = Promise.withResolvers<void>()
  const provider = new ScriptedProvider('acme', ['model-1'], async function* (_turn, signal) {
    yield { type: 'text', text: 'Hel' }
    storing.reject(diskFull)
    await untilAborted(signal)
  })
  const parts = partsOver(withTurns(store, { begin: () => storing.promise }), [provider])
  const conversationId = parts.ids.next('conv')
  const { yielded, error } = await runInto(parts, conversationId)
  assert.equal(error, diskFull)
  assert.deepEqual(yielded, ['start', 'delta'])
  assert.equal(provider.asked[0]?.signal.reason, diskFull)
  assert.deepEqual(await storedIn(parts, conversationId), [])
  assert.deepEqual(
    parts.logged.map(({ message, fields }) => [message, fields?.error]),
    [['unfinished turn not stored', 'internal_error']],
  )
  await assertQuiet(parts, provider)
})

test('a message whose storing fails after the model has ended is not acknowledged', async () => {
  const storing = Promise.withResolvers<void>()
  const provider = new ScriptedProvider('acme', ['model-1'], async function* () {
    yield* saying('Hello.')
    setImmediate(() => storing.reject(diskFull))
  })
  const parts = partsOver(withTurns(store, { begin: () => storing.promise }), [provider])
  const { yielded, error } = await runInto(parts, parts.ids.next('conv'))
  assert.equal(error, diskFull)
  assert.deepEqual(yielded, ['start', 'delta'])
  await assertQuiet(parts, provider)
})

test('a reply that cannot be stored is not acknowledged', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'])
  let tries = 0
  const finish = (): Promise<void> => {
    tries++
    return Promise.reject(diskFull)
  }
  const parts = partsOver(withTurns(store, { finish }), [provider])
  const { yielded, error } = await runInto(parts, parts.ids.next('conv'))
  assert.equal(error, diskFull)
  assert.equal(tries, 1)
  assert.deepEqual(yielded, ['start', 'delta'])
  await assertQuiet(parts, provider)
})

test('a provider that fails before its first token: the message is marked failed, and the error is the provider’s', async () => {
  const provider = failing(overloadedProvider)
  const parts = partsOver(store, [provider])
  const conversationId = parts.ids.next('conv')
  const { yielded, error } = await runInto(parts, conversationId)
  assert.equal(error, overloadedProvider)
  assert.deepEqual(yielded, ['start'])
  assert.deepEqual(await storedIn(parts, conversationId), [['user', 'failed', 'Hi.']])
  await assertQuiet(parts, provider)
})

test('a provider that fails mid-stream: both are marked failed, and later turns are not shown them', async () => {
  const provider = failing(overloadedProvider, 'Hel')
  const parts = partsOver(store, [provider])
  const token = newToken()
  const conversationId = parts.ids.next('conv')
  await assert.rejects(
    turnOf(requestOf(parts, token), { conversationId, message: 'Failing.' }),
    withCode('provider_unavailable'),
  )
  assert.deepEqual(await storedIn(parts, conversationId), [
    ['user', 'failed', 'Failing.'],
    ['assistant', 'failed', 'Hel'],
  ])
  provider.script = () => saying('Hello.')
  await turnOf(requestOf(parts, token), { conversationId, message: 'Again.' })
  assert.deepEqual(provider.asked.at(-1)?.turn.messages, [{ role: 'user', content: 'Again.' }])
  await assertQuiet(parts, provider)
})

test('an answer without an end is an error, never a done', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'], async function* () {
    yield { type: 'text', text: 'Hel' }
  })
  const parts = partsOver(store, [provider])
  const conversationId = parts.ids.next('conv')
  const { yielded, error } = await runInto(parts, conversationId)
  withCode('provider_error')(error)
  assert.deepEqual(yielded, ['start', 'delta'])
  assert.deepEqual(await storedIn(parts, conversationId), [
    ['user', 'failed', 'Hi.'],
    ['assistant', 'failed', 'Hel'],
  ])
  await assertQuiet(parts, provider)
})

test('an answer that fails after it said how it ended is no complete one', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'], async function* () {
    yield* saying('Hello.')
    throw overloadedProvider
  })
  const parts = partsOver(store, [provider])
  const conversationId = parts.ids.next('conv')
  const { error } = await runInto(parts, conversationId)
  assert.equal(error, overloadedProvider)
  const [, answer] = await messagesOf(parts, conversationId)
  assert.equal(answer?.status, 'failed')
  assert.equal(answer?.finishReason, null)
})

test('an error that nobody foresaw fails the turn, and is passed on as it is', async () => {
  const bug = new TypeError('x is not a function')
  const provider = failing(bug, 'Hel')
  const parts = partsOver(store, [provider])
  const conversationId = parts.ids.next('conv')
  const { error } = await runInto(parts, conversationId)
  assert.equal(error, bug)
  assert.equal((await storedIn(parts, conversationId))[0]?.[1], 'failed')
  await assertQuiet(parts, provider)
})

test('an answer of more than 8 MiB is cut off as an error, and the model is stopped', async () => {
  const mebibyte = 'x'.repeat(1024 * 1024)
  let said = 0
  const provider = new ScriptedProvider('acme', ['model-1'], async function* () {
    for (; said < 100; said++) yield { type: 'text', text: mebibyte }
    yield { type: 'finish', finishReason: 'stop' }
  })
  const parts = partsOver(store, [provider])
  const conversationId = parts.ids.next('conv')
  const { yielded, error } = await runInto(parts, conversationId)
  withCode('provider_error')(error)
  assert.equal(said, 8)
  assert.equal(yielded.length, 9)
  assert.equal((await storedIn(parts, conversationId))[0]?.[1], 'failed')
  await assertQuiet(parts, provider)
})

for (const [deadline, timeouts, texts, stream] of [
  ['total', { totalMs: 20 }, [], false],
  ['firstToken', { firstTokenMs: 20 }, [], true],
  ['idle', { idleMs: 20 }, ['Hel'], true],
  ['stream', { streamMs: 20 }, ['Hel'], true],
] as const) {
  test(`a model that does not keep the ${deadline} deadline fails the turn with provider_timeout`, async () => {
    const provider = new ScriptedProvider('acme', ['model-1'], async function* (_turn, signal) {
      for (const text of texts) yield { type: 'text', text }
      await untilAborted(signal)
    })
    const parts = partsOver(store, [provider], { timeouts })
    const conversationId = parts.ids.next('conv')
    const { error } = await runInto(parts, conversationId, stream)
    withCode('provider_timeout')(error)
    assert.ok(error instanceof GatewayError)
    assert.deepEqual(error.details, { deadline })
    assert.equal((await storedIn(parts, conversationId))[0]?.[1], 'failed')
    await assertQuiet(parts, provider)
  })
}

test('empty texts without end do not put the first token’s deadline off', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'], async function* (_turn, signal) {
    const giveUpAt = performance.now() + 5_000
    while (performance.now() < giveUpAt) {
      signal.throwIfAborted()
      yield { type: 'text', text: '' }
      await new Promise((resolve) => setImmediate(resolve))
    }
    yield { type: 'finish', finishReason: 'stop' }
  })
  const parts = partsOver(store, [provider], { timeouts: { firstTokenMs: 20 } })
  const { yielded, error } = await runInto(parts, parts.ids.next('conv'))
  withCode('provider_timeout')(error)
  assert.deepEqual(yielded, ['start'])
  await assertQuiet(parts, provider)
})

test('a model that ends quietly when it is stopped does not hide why it was stopped', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'], async function* (_turn, signal) {
    yield { type: 'text', text: 'Hel' }
    await untilAborted(signal).catch(() => undefined)
  })
  const parts = partsOver(store, [provider], { timeouts: { idleMs: 20 } })
  const { error } = await runInto(parts, parts.ids.next('conv'))
  withCode('provider_timeout')(error)
  const caller = new AbortController()
  const left = new Error('the caller left')
  const turn = turnOf(requestOf(parts, newToken(), caller.signal))
  setImmediate(() => caller.abort(left))
  await assert.rejects(turn, (error) => error === left)
  await assertQuiet(parts, provider)
})

test('a turn that fails lets the next one of its conversation in', async () => {
  const provider = failing(overloadedProvider, 'Hel')
  const parts = partsOver(store, [provider])
  const token = newToken()
  const conversationId = parts.ids.next('conv')
  const results = await Promise.allSettled(
    [1, 2, 3].map(() => turnOf(requestOf(parts, token), { conversationId })),
  )
  assert.deepEqual(
    results.map((result) => result.status),
    ['rejected', 'rejected', 'rejected'],
  )
  assert.equal(provider.asked.length, 3)
  provider.script = () => saying('Hello.')
  const events = await turnOf(requestOf(parts, token), { conversationId })
  assert.equal(eventOf(events, 'done').finishReason, 'stop')
  await assertQuiet(parts, provider)
})

test('an unknown model is refused before anything is stored', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(store, [provider])
  const conversationId = parts.ids.next('conv')
  const ctx = requestOf(parts, newToken())
  await assert.rejects(turnOf(ctx, { conversationId, model: 'model-9' }), withCode('model_not_found'))
  assert.equal(await store.conversations.find(conversationId), undefined)
  await assertQuiet(parts, provider)
})

function failing(error: Error, ...texts: readonly string[]): ScriptedProvider {
  return new ScriptedProvider('acme', ['model-1'], async function* () {
    for (const text of texts) yield { type: 'text', text }
    throw error
  })
}

/** Runs a turn that must fail, into a conversation of that id. */
async function runInto(
  parts: ReturnType<typeof partsOver>,
  conversationId: string,
  stream = true,
): Promise<{ readonly yielded: readonly ReplyEvent['type'][]; readonly error: unknown }> {
  const yielded: ReplyEvent['type'][] = []
  try {
    const events = reply(requestOf(parts, newToken()), { conversationId, message: 'Hi.', stream })
    for await (const event of events) yielded.push(event.type)
  } catch (error) {
    return { yielded, error }
  }
  assert.fail(`the turn did not fail, but yielded ${yielded.at(-1)} after ${yielded.length} events`)
}
