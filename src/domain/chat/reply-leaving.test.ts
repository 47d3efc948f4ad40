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
import { assertQuiet, eventOf, messagesOf, storedIn, turnOf } from '../../../tests/support/turns.ts'
import { reply } from './reply.ts'

const { store, close } = await openTestStore()
after(close)

const left = new Error('the caller left')

test('a caller that leaves mid-stream: the model is stopped at once, and what it said is kept', async () => {
  const provider = stalling('Hel', 'lo')
  const parts = partsOver(store, [provider])
  const caller = new AbortController()
  const ctx = requestOf(parts, newToken(), caller.signal)
  const { events, conversationId } = await begun(ctx, 2)
  const next = events.next()
  caller.abort(left)
  assert.equal(provider.asked[0]?.signal.aborted, true)
  await assert.rejects(next, (error) => error === left)
  assert.deepEqual(await storedIn(parts, conversationId), [
    ['user', 'complete', 'Hi.'],
    ['assistant', 'aborted', 'Hello'],
  ])
  await assertQuiet(parts, provider)
})

test('a caller that leaves before the first token: its message is marked aborted, and there is no reply', async () => {
  const provider = stalling()
  const parts = partsOver(store, [provider])
  const caller = new AbortController()
  const ctx = requestOf(parts, newToken(), caller.signal)
  const { events, conversationId } = await begun(ctx, 0)
  const next = events.next()
  caller.abort(left)
  await assert.rejects(next, (error) => error === left)
  assert.deepEqual(await storedIn(parts, conversationId), [['user', 'aborted', 'Hi.']])
  await assertQuiet(parts, provider)
})

test('a reader that stops taking between two deltas is one that left', async () => {
  const provider = stalling('Hel', 'lo')
  const parts = partsOver(store, [provider])
  const { events, conversationId } = await begun(requestOf(parts, newToken()), 1)
  assert.equal(provider.running, 1)
  await events.return()
  assert.equal(provider.running, 0)
  assert.deepEqual(await storedIn(parts, conversationId), [
    ['user', 'complete', 'Hi.'],
    ['assistant', 'aborted', 'Hel'],
  ])
  await assertQuiet(parts, provider)
})

test('a reader that stops taking before the first token leaves no reply', async () => {
  const provider = stalling()
  const parts = partsOver(store, [provider])
  const { events, conversationId } = await begun(requestOf(parts, newToken()), 0)
  await events.return()
  assert.equal(provider.asked.length, 0)
  assert.deepEqual(await storedIn(parts, conversationId), [['user', 'aborted', 'Hi.']])
  await assertQuiet(parts, provider)
})

test('a reader that fails at a delta is one that left, and its error stays its own', async () => {
  const provider = stalling('Hel', 'lo')
  const parts = partsOver(store, [provider])
  const id = parts.ids.next('conv')
  const ctx = requestOf(parts, newToken())
  await assert.rejects(
    async () => {
      for await (const event of reply(ctx, { conversationId: id, message: 'Hi.', stream: true }))
        if (event.type === 'delta') throw left
    },
    (error) => error === left,
  )
  assert.deepEqual(await storedIn(parts, id), [
    ['user', 'complete', 'Hi.'],
    ['assistant', 'aborted', 'Hel'],
  ])
  await assertQuiet(parts, provider)
})

test('a caller that has left already: nothing is asked and nothing is stored', async () => {
  const provider = stalling('Hello')
  const parts = partsOver(store, [provider])
  const token = newToken()
  for (const conversationId of [undefined, parts.ids.next('conv')]) {
    const ctx = requestOf(parts, token, AbortSignal.abort(left))
    const input = conversationId === undefined ? {} : { conversationId }
    await assert.rejects(turnOf(ctx, input), (error) => error === left)
  }
  assert.equal(provider.asked.length, 0)
  const owned = await store.conversations.list({
    visibility: { all: false, owner: token.id },
    channel: 'api',
    limit: 10,
  })
  assert.deepEqual(owned, [])
  await assertQuiet(parts, provider)
})

test('a caller that leaves while its message waits: nothing of it is asked or stored, and the next one comes in', async () => {
  const provider = stalling('Hello')
  const parts = partsOver(store, [provider])
  const token = newToken()
  const conversationId = parts.ids.next('conv')
  const first = new AbortController()
  const second = new AbortController()
  const running = turnOf(requestOf(parts, token, first.signal), { conversationId, message: 'One.' })
  const waiting = turnOf(requestOf(parts, token, second.signal), { conversationId, message: 'Two.' })
  const third = turnOf(requestOf(parts, token), { conversationId, message: 'Three.' })
  second.abort(left)
  await assert.rejects(waiting, (error) => error === left)
  provider.script = () => saying('Hello.')
  first.abort(left)
  await assert.rejects(running, (error) => error === left)
  await third
  const stored = await storedIn(parts, conversationId)
  assert.deepEqual(stored.at(-2), ['user', 'complete', 'Three.'])
  assert.equal(
    stored.some(([, , content]) => content === 'Two.'),
    false,
  )
  await assertQuiet(parts, provider)
})

test('a caller that leaves while the models are being listed is not asked for', async () => {
  const provider = stalling('Hello')
  const parts = partsOver(store, [provider])
  const caller = new AbortController()
  const { list } = provider
  provider.list = async (signal) => {
    caller.abort(left)
    return list(signal)
  }
  const conversationId = parts.ids.next('conv')
  const ctx = requestOf(parts, newToken(), caller.signal)
  await assert.rejects(turnOf(ctx, { conversationId }), (error) => error === left)
  assert.equal(provider.asked.length, 0)
  assert.deepEqual(await storedIn(parts, conversationId), [])
  await assertQuiet(parts, provider)
})

test('a caller that leaves while the reply is being stored has a complete one', async () => {
  const caller = new AbortController()
  const leaving = withTurns(store, {
    finish: (turn) => {
      caller.abort(left)
      return store.turns.finish(turn)
    },
  })
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(leaving, [provider])
  const events = await turnOf(requestOf(parts, newToken(), caller.signal))
  assert.deepEqual(await storedIn(parts, eventOf(events, 'start').conversationId), [
    ['user', 'complete', 'Hi.'],
    ['assistant', 'complete', 'Hello.'],
  ])
  await assertQuiet(parts, provider)
})

test('a caller that leaves at done changes nothing any more', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(store, [provider])
  const caller = new AbortController()
  const ctx = requestOf(parts, newToken(), caller.signal)
  const { events, conversationId } = await begun(ctx, 1)
  assert.equal((await events.next()).value?.type, 'done')
  caller.abort(left)
  await events.return()
  assert.deepEqual(await storedIn(parts, conversationId), [
    ['user', 'complete', 'Hi.'],
    ['assistant', 'complete', 'Hello.'],
  ])
  await assertQuiet(parts, provider)
})

test('a caller that leaves before its message is stored: it is stored all the same, and marked', async () => {
  const storing = Promise.withResolvers<void>()
  const held = withTurns(store, { begin: (turn) => storing.promise.then(() => store.turns.begin(turn)) })
  const provider = stalling('Hel')
  const parts = partsOver(held, [provider])
  const caller = new AbortController()
  const ctx = requestOf(parts, newToken(), caller.signal)
  const { events, conversationId } = await begun(ctx, 1)
  const next = events.next()
  caller.abort(left)
  storing.resolve()
  await assert.rejects(next, (error) => error === left)
  assert.deepEqual(await storedIn(parts, conversationId), [
    ['user', 'complete', 'Hi.'],
    ['assistant', 'aborted', 'Hel'],
  ])
  await assertQuiet(parts, provider)
})

test('an aborted turn is accounted for with what the provider had counted', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'], async function* (_turn, signal) {
    yield { type: 'usage', usage: { inputTokens: 400, outputTokens: 1 } }
    yield { type: 'text', text: 'Hel' }
    await untilAborted(signal)
  })
  const parts = partsOver(store, [provider])
  const { events, conversationId } = await begun(requestOf(parts, newToken()), 1)
  await events.return()
  const [, reply] = await messagesOf(parts, conversationId)
  assert.deepEqual(reply?.usage, { inputTokens: 400, outputTokens: 1 })
  assert.equal(reply?.finishReason, null)
})

test('the next turn is shown what an aborted one had said, and nothing of one that said nothing', async () => {
  const provider = stalling('Hel')
  const parts = partsOver(store, [provider])
  const token = newToken()
  const { events, conversationId } = await begun(requestOf(parts, token), 1)
  await events.return()
  const unanswered = reply(requestOf(parts, token), { conversationId, message: 'Anybody?', stream: true })
  await unanswered.next()
  await unanswered.return()
  provider.script = () => saying('Yes.')
  await turnOf(requestOf(parts, token), { conversationId, message: 'Go on.' })
  assert.deepEqual(
    provider.asked.at(-1)?.turn.messages.map((message) => message.content),
    ['Hi.', 'Hel', 'Go on.'],
  )
  await assertQuiet(parts, provider)
})

/** A model that says these texts and then nothing more until it is stopped. */
function stalling(...texts: readonly string[]): ScriptedProvider {
  return new ScriptedProvider('acme', ['model-1'], async function* (_turn, signal) {
    for (const text of texts) yield { type: 'text', text }
    await untilAborted(signal)
  })
}

/** A turn that has yielded its start and some deltas. */
async function begun(
  ctx: ReturnType<typeof requestOf>,
  deltas: number,
): Promise<{ readonly events: ReturnType<typeof reply>; readonly conversationId: string }> {
  const events = reply(ctx, { message: 'Hi.', stream: true })
  const start = (await events.next()).value
  assert.ok(start?.type === 'start')
  for (let i = 0; i < deltas; i++) assert.equal((await events.next()).value?.type, 'delta')
  return { events, conversationId: start.conversationId }
}
