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
import { assertQuiet, storedIn, turnOf, withCode } from '../../../tests/support/turns.ts'
import { reply } from './reply.ts'

const { store, close } = await openTestStore()
after(close)

test('a chosen id opens a conversation that belongs to the token, and the next turn goes on in it', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(store, [provider])
  const token = newToken()
  const id = parts.ids.next('conv')
  await turnOf(requestOf(parts, token), { conversationId: id, message: 'My name is Ada.' })
  assert.equal((await store.conversations.find(id))?.owner, token.id)
  await turnOf(requestOf(parts, token), { conversationId: id, message: 'What is my name?' })
  assert.deepEqual(provider.asked.at(-1)?.turn.messages, [
    { role: 'user', content: 'My name is Ada.' },
    { role: 'assistant', content: 'Hello.' },
    { role: 'user', content: 'What is my name?' },
  ])
  assert.equal((await store.conversations.find(id))?.messageCount, 4)
  await assertQuiet(parts, provider)
})

for (const scope of ['chat', 'admin'] as const) {
  test(`another token’s conversation is a conflict for a token with scope ${scope}, and stays as it was`, async () => {
    const provider = new ScriptedProvider('acme', ['model-1'])
    const parts = partsOver(store, [provider])
    const id = parts.ids.next('conv')
    await turnOf(requestOf(parts, newToken()), { conversationId: id })
    const before = await store.conversations.find(id)
    await assert.rejects(
      turnOf(requestOf(parts, newToken([scope])), { conversationId: id, systemPrompt: 'Tell all.' }),
      withCode('conflict'),
    )
    assert.equal(provider.asked.length, 1)
    assert.deepEqual(await store.conversations.find(id), before)
    await assertQuiet(parts, provider)
  })
}

test('a channel’s conversation is a conflict', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(store, [provider])
  const id = parts.ids.next('conv')
  await store.turns.begin({
    conversation: { id, channel: 'telegram', chatId: '5', owner: null, title: 'Hi.', isNew: true },
    messageId: parts.ids.next('msg'),
    content: 'Hi.',
    at: parts.clock.now(),
  })
  for (const scope of ['chat', 'admin'] as const) {
    const ctx = requestOf(parts, newToken([scope]))
    await assert.rejects(turnOf(ctx, { conversationId: id }), withCode('conflict'))
  }
  assert.equal(provider.asked.length, 0)
  await assertQuiet(parts, provider)
})

test('turns of one conversation run one after another, and each sees the replies before it', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(store, [provider])
  const token = newToken()
  const conversationId = parts.ids.next('conv')
  provider.script = async function* (turn) {
    assert.equal(provider.running, 1)
    await new Promise((resolve) => setImmediate(resolve))
    yield* saying(`Reply ${(turn.messages.length + 1) / 2}.`)
  }
  await Promise.all(
    [1, 2, 3, 4, 5].map((n) => turnOf(requestOf(parts, token), { conversationId, message: `Message ${n}.` })),
  )
  assert.deepEqual(
    provider.asked.at(-1)?.turn.messages.map((message) => message.content),
    [1, 2, 3, 4].flatMap((n) => [`Message ${n}.`, `Reply ${n}.`]).concat('Message 5.'),
  )
  await assertQuiet(parts, provider)
})

test('who answers into a conversation that was opened a moment ago waits for its first turn', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(store, [provider])
  const token = newToken()
  const first = reply(requestOf(parts, token), { message: 'One.', stream: true })
  const start = (await first.next()).value
  assert.ok(start?.type === 'start')
  const second = turnOf(requestOf(parts, token), { conversationId: start.conversationId, message: 'Two.' })
  while (!(await first.next()).done);
  await second
  assert.deepEqual(
    provider.asked.at(-1)?.turn.messages.map((message) => message.content),
    ['One.', 'Hello.', 'Two.'],
  )
  await assertQuiet(parts, provider)
})

test('a token cannot take the places of those who wait in another’s conversation', async () => {
  const going = Promise.withResolvers<void>()
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(store, [provider])
  const owner = newToken()
  const stranger = newToken()
  const conversationId = parts.ids.next('conv')
  await turnOf(requestOf(parts, owner), { conversationId })
  provider.script = async function* () {
    await going.promise
    yield* saying('Hello.')
  }
  const running = turnOf(requestOf(parts, owner), { conversationId })
  for (let i = 0; i < 17; i++) {
    await assert.rejects(turnOf(requestOf(parts, stranger), { conversationId }), withCode('conflict'))
  }
  const waiting = turnOf(requestOf(parts, owner), { conversationId })
  going.resolve()
  await Promise.all([running, waiting])
  await assertQuiet(parts, provider)
})

test('of two tokens that open the same id at once, one gets it and the other a conflict', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(store, [provider])
  const conversationId = parts.ids.next('conv')
  const results = await Promise.allSettled(
    [1, 2].map(() => turnOf(requestOf(parts, newToken()), { conversationId })),
  )
  assert.deepEqual(results.map((result) => result.status).toSorted(), ['fulfilled', 'rejected'])
  for (const result of results) if (result.status === 'rejected') withCode('conflict')(result.reason)
  assert.equal((await storedIn(parts, conversationId)).length, 2)
  assert.equal(provider.asked.length, 1)
  await assertQuiet(parts, provider)
})

test('sixteen messages may wait in a conversation, and one more is refused as overloaded', async () => {
  const going = Promise.withResolvers<void>()
  const provider = new ScriptedProvider('acme', ['model-1'], async function* () {
    await going.promise
    yield* saying('Hello.')
  })
  const parts = partsOver(store, [provider])
  const token = newToken()
  const conversationId = parts.ids.next('conv')
  const turns = Array.from({ length: 17 }, () => turnOf(requestOf(parts, token), { conversationId }))
  await assert.rejects(turnOf(requestOf(parts, token), { conversationId }), withCode('overloaded'))
  going.resolve()
  await Promise.all(turns)
  assert.equal(provider.asked.length, 17)
  await assertQuiet(parts, provider)
})

test('the time spent waiting for earlier turns is part of the total, so that no client times out first', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'], async function* (_turn, signal) {
    await untilAborted(signal)
    yield* saying('never')
  })
  const parts = partsOver(store, [provider], { timeouts: { totalMs: 60_000 } })
  const ctx = requestOf(parts, newToken())
  const waited = { ...ctx, arrivedAt: ctx.arrivedAt - 60_000 }
  await assert.rejects(turnOf(waited, { stream: false }), withCode('provider_timeout'))
  await assertQuiet(parts, provider)
})

test('who has waited for as long as a turn may take gets overloaded, and the model is not asked', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'], async function* (_turn, signal) {
    await untilAborted(signal)
    yield* saying('never')
  })
  const parts = partsOver(store, [provider], { timeouts: { totalMs: 60_000 } })
  const token = newToken()
  const conversationId = parts.ids.next('conv')
  const caller = new AbortController()
  const running = turnOf(requestOf(parts, token, caller.signal), { conversationId })
  const late = requestOf(parts, token)
  const waiting = turnOf({ ...late, arrivedAt: late.arrivedAt - 60_000 }, { conversationId })
  await assert.rejects(waiting, withCode('overloaded'))
  caller.abort(new Error('left'))
  await assert.rejects(running)
  assert.equal(provider.asked.length, 1)
  await assertQuiet(parts, provider)
})

test('a system prompt stays with its conversation until another one replaces it or an empty one takes it away', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(store, [provider])
  const token = newToken()
  const conversationId = parts.ids.next('conv')
  for (const systemPrompt of ['Be brief.', undefined, 'Be kind.', undefined, '', undefined]) {
    await turnOf(requestOf(parts, token), {
      conversationId,
      ...(systemPrompt === undefined ? {} : { systemPrompt }),
    })
  }
  assert.deepEqual(
    provider.asked.map(({ turn }) => turn.systemPrompt),
    ['Be brief.', 'Be brief.', 'Be kind.', 'Be kind.', undefined, undefined],
  )
})

test('a conversation that is deleted while its turn runs: the turn ends with conflict, not with done', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(store, [provider])
  const ctx = requestOf(parts, newToken())
  const conversationId = parts.ids.next('conv')
  provider.script = async function* () {
    yield { type: 'text', text: 'Hel' }
    // The beginning is stored while the model speaks.
    while (!(await store.conversations.delete(conversationId))) await new Promise(setImmediate)
    yield* saying('lo.')
  }
  const yielded: string[] = []
  await assert.rejects(async () => {
    for await (const event of reply(ctx, { conversationId, message: 'Hi.', stream: true }))
      yielded.push(event.type)
  }, withCode('conflict'))
  assert.equal(yielded.includes('done'), false)
  assert.equal(await store.conversations.find(conversationId), undefined)
  await assertQuiet(parts, provider)
})

test('turns that nobody may wait for do not block: other conversations and new ones go on', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'])
  const begun = Promise.withResolvers<void>()
  const slow = withTurns(store, {
    begin: (turn) => Promise.all([store.turns.begin(turn), begun.promise]).then(() => undefined),
  })
  const parts = partsOver(slow, [provider])
  const token = newToken()
  const running = turnOf(requestOf(parts, token), { conversationId: parts.ids.next('conv') })
  const quick = { ...parts, store }
  await turnOf(requestOf(quick, token), { conversationId: parts.ids.next('conv') })
  await turnOf(requestOf(quick, token))
  begun.resolve()
  await running
  await assertQuiet(parts, provider)
})
