import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  newToken,
  openTestStore,
  partsOver,
  requestOf,
  withTurns,
} from '../../../tests/support/domain-parts.ts'
import { ScriptedProvider, saying } from '../../../tests/support/scripted-provider.ts'
import { assertQuiet, eventOf, messagesOf, storedIn, turnOf, withCode } from '../../../tests/support/turns.ts'
import { estimateTokens } from './history.ts'
import { reply } from './reply.ts'

const { store, close } = await openTestStore()
after(close)

test('a turn is one start, the deltas, and one done, under the ids that are stored', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'], () => saying('Hel', 'lo.'))
  const parts = partsOver(store, [provider])
  const token = newToken()
  const events = await turnOf(requestOf(parts, token))
  const start = eventOf(events, 'start')
  assert.deepEqual(events, [
    { type: 'start', conversationId: start.conversationId, messageId: start.messageId, model: 'model-1' },
    { type: 'delta', content: 'Hel' },
    { type: 'delta', content: 'lo.' },
    {
      type: 'done',
      id: start.messageId,
      model: 'model-1',
      usage: { inputTokens: 7, outputTokens: 3 },
      finishReason: 'stop',
      latency: 0,
      warnings: [],
    },
  ])
  const [question, answer] = await messagesOf(parts, start.conversationId)
  assert.equal(question?.status, 'complete')
  assert.equal(question?.content, 'Hi.')
  assert.equal(answer?.id, start.messageId)
  assert.equal(answer?.content, 'Hello.')
  assert.equal(answer?.model, 'model-1')
  assert.deepEqual(answer?.usage, { inputTokens: 7, outputTokens: 3 })
  assert.equal(answer?.finishReason, 'stop')
  const conversation = await store.conversations.find(start.conversationId)
  assert.equal(conversation?.owner, token.id)
  assert.equal(conversation?.channel, 'api')
  assert.equal(conversation?.chatId, start.conversationId)
  assert.equal(conversation?.title, 'Hi.')
  assert.equal(conversation?.messageCount, 2)
  await assertQuiet(parts, provider)
})

test('the model is asked while the message is still being stored, and done waits for it', async () => {
  const begun = Promise.withResolvers<void>()
  const held = withTurns(store, {
    begin: (turn) => Promise.all([store.turns.begin(turn), begun.promise]).then(() => undefined),
  })
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(held, [provider])
  const events = reply(requestOf(parts, newToken()), { message: 'Hi.', stream: true })
  await events.next()
  assert.deepEqual((await events.next()).value, { type: 'delta', content: 'Hello.' })
  const last = events.next()
  assert.equal(await isPending(last), true)
  begun.resolve()
  assert.equal((await last).value?.type, 'done')
  await events.next()
  await assertQuiet(parts, provider)
})

test('the reply is durable before done is yielded', async () => {
  const finishing = Promise.withResolvers<void>()
  const held = withTurns(store, { finish: (turn) => finishing.promise.then(() => store.turns.finish(turn)) })
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(held, [provider])
  const events = reply(requestOf(parts, newToken()), { message: 'Hi.', stream: true })
  const start = (await events.next()).value
  assert.ok(start?.type === 'start')
  await events.next()
  const last = events.next()
  assert.equal(await isPending(last), true)
  finishing.resolve()
  assert.equal((await last).value?.type, 'done')
  assert.deepEqual(await storedIn(parts, start.conversationId), [
    ['user', 'complete', 'Hi.'],
    ['assistant', 'complete', 'Hello.'],
  ])
  await events.return()
  await assertQuiet(parts, provider)
})

test('the provider is given what the caller asked for, and no more', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(store, [provider], { timeouts: { connectMs: 1_234 } })
  const ctx = requestOf(parts, newToken())
  await turnOf(ctx, { systemPrompt: 'Be brief.', maxTokens: 5, temperature: 0, stream: false })
  await turnOf(ctx, { systemPrompt: '' })
  const messages = [{ role: 'user', content: 'Hi.' }]
  assert.deepEqual(
    provider.asked.map(({ turn }) => turn),
    [
      {
        model: 'model-1',
        messages,
        stream: false,
        connectTimeoutMs: 1_234,
        systemPrompt: 'Be brief.',
        maxTokens: 5,
        temperature: 0,
      },
      { model: 'model-1', messages, stream: true, connectTimeoutMs: 1_234 },
    ],
  )
})

test('more maxTokens than the model has is refused before anything is asked or stored', async () => {
  const model = { id: 'model-1', name: 'Model 1', contextWindow: null, maxOutputTokens: 100 }
  const provider = new ScriptedProvider('acme', [model])
  const parts = partsOver(store, [provider])
  const ctx = requestOf(parts, newToken())
  await assert.rejects(
    turnOf(ctx, { conversationId: 'conv_greedy', maxTokens: 101 }),
    withCode('invalid_request'),
  )
  assert.equal(provider.asked.length, 0)
  assert.equal(await store.conversations.find('conv_greedy'), undefined)
  await turnOf(ctx, { conversationId: 'conv_greedy', maxTokens: 100 })
  await assertQuiet(parts, provider)
})

test('latency is the whole milliseconds from the arrival of the request to the end of the reply', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(store, [provider])
  const ctx = requestOf(parts, newToken())
  provider.script = async function* () {
    parts.clock.ms += 1_234
    yield* saying('Hello.')
  }
  assert.equal(eventOf(await turnOf({ ...ctx, arrivedAt: ctx.arrivedAt - 0.4 }), 'done').latency, 1_234)
})

test('running counts are the usage where the end tells none', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'], async function* () {
    yield { type: 'usage', usage: { inputTokens: 40, outputTokens: 0 } }
    yield { type: 'text', text: 'Hello.' }
    yield { type: 'usage', usage: { inputTokens: 40, outputTokens: 2 } }
    yield { type: 'finish', finishReason: 'length' }
  })
  const parts = partsOver(store, [provider])
  const done = eventOf(await turnOf(requestOf(parts, newToken())), 'done')
  assert.deepEqual(done.usage, { inputTokens: 40, outputTokens: 2 })
  assert.equal(done.finishReason, 'length')
})

test('where the provider tells no usage, all that it was shown is estimated, and marked so', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'], async function* () {
    yield { type: 'text', text: 'Hello.' }
    yield { type: 'finish', finishReason: 'stop' }
  })
  const parts = partsOver(store, [provider])
  const ctx = requestOf(parts, newToken())
  const first = await turnOf(ctx, { systemPrompt: 'Be brief.' })
  const { conversationId } = eventOf(first, 'start')
  const input = estimateTokens('Be brief.') + estimateTokens('Hi.')
  const output = estimateTokens('Hello.')
  assert.deepEqual(eventOf(first, 'done').usage, {
    inputTokens: input,
    outputTokens: output,
    estimated: true,
  })
  const second = await turnOf(ctx, { conversationId })
  assert.deepEqual(eventOf(second, 'done').usage, {
    inputTokens: input + output + estimateTokens('Hi.'),
    outputTokens: output,
    estimated: true,
  })
  assert.deepEqual((await messagesOf(parts, conversationId))[1]?.usage, eventOf(first, 'done').usage)
})

test('warnings of the provider reach the caller', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'], async function* () {
    yield { type: 'warning', warning: 'temperature_ignored' }
    yield* saying('Hello.')
  })
  const parts = partsOver(store, [provider])
  const done = eventOf(await turnOf(requestOf(parts, newToken())), 'done')
  assert.deepEqual(done.warnings, ['temperature_ignored'])
})

test('where an alias leads elsewhere, start names what was asked and who answers', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'])
  const parts = partsOver(store, [provider], { aliases: { fast: 'acme/model-1' } })
  const start = eventOf(await turnOf(requestOf(parts, newToken()), { model: 'fast' }), 'start')
  assert.equal(start.model, 'model-1')
  assert.equal(start.alias, 'fast')
})

test('an empty text is no delta', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'], () => saying('', 'Hel', '', 'lo.'))
  const parts = partsOver(store, [provider])
  const events = await turnOf(requestOf(parts, newToken()))
  assert.deepEqual(
    events.filter((event) => event.type === 'delta').map((event) => event.content),
    ['Hel', 'lo.'],
  )
})

test('a reply without a word is complete, and stands in the conversation', async () => {
  const provider = new ScriptedProvider('acme', ['model-1'], async function* () {
    yield { type: 'finish', finishReason: 'refusal' }
  })
  const parts = partsOver(store, [provider])
  const events = await turnOf(requestOf(parts, newToken()))
  assert.equal(eventOf(events, 'done').finishReason, 'refusal')
  assert.deepEqual(await storedIn(parts, eventOf(events, 'start').conversationId), [
    ['user', 'complete', 'Hi.'],
    ['assistant', 'complete', ''],
  ])
  await assertQuiet(parts, provider)
})

// What is due has run, also what the store's thread was sent, when the event loop has gone round a few times.
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false
  promise.then(
    () => {
      isSettled = true
    },
    () => {
      isSettled = true
    },
  )
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  return !isSettled
}
