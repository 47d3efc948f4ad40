import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTestStore, partsOver, type TestParts } from '../../../tests/support/domain-parts.ts'
import type { ModelInfo } from '../models/provider.ts'
import { estimateTokens, historyFor, historyRoom } from './history.ts'

const { store, close } = await openTestStore()
after(close)

const answer = 100

test('a short history is shown whole, oldest first', async () => {
  const parts = partsOver(store, [])
  const id = await conversationOf(parts, [
    ['One?', 'One.'],
    ['Two?', 'Two.'],
  ])
  assert.deepEqual(await shown(parts, id, { contextWindow: 10_000 }), ['One?', 'One.', 'Two?', 'Two.'])
})

test('the newest turns that fit are kept whole, and older ones are left out', async () => {
  const parts = partsOver(store, [])
  const turn = ['q'.repeat(300), 'a'.repeat(300)] as const
  const id = await conversationOf(parts, [turn, turn, turn, turn])
  const one = estimateTokens(turn[0]) + estimateTokens(turn[1])
  for (const [budget, turns] of [
    [4 * one, 4],
    [4 * one - 1, 3],
    [3 * one, 3],
    [3 * one - 1, 2],
    [one, 1],
    [one - 1, 0],
    [0, 0],
  ] as const) {
    const contextWindow = budget + answer + estimateTokens('Hi.')
    assert.equal((await shown(parts, id, { contextWindow })).length, turns * 2, `${budget} tokens`)
  }
})

test('what is shown begins with the user: a reply whose question does not fit is left out too', async () => {
  const parts = partsOver(store, [])
  const id = await conversationOf(parts, [
    ['q'.repeat(3_000), 'short'],
    ['Two?', 'Two.'],
  ])
  assert.deepEqual(await shown(parts, id, { contextWindow: 600 }), ['Two?', 'Two.'])
})

test('a newer turn that is too large ends the history: nothing older is shown in its place', async () => {
  const parts = partsOver(store, [])
  const id = await conversationOf(parts, [
    ['One?', 'One.'],
    ['Two?', 'x'.repeat(9_000)],
  ])
  assert.deepEqual(await shown(parts, id, { contextWindow: 1_000 }), [])
})

test('the new message, the system prompt and the answer take their part first', async () => {
  const parts = partsOver(store, [])
  const turn = ['q'.repeat(30), 'a'.repeat(30)] as const
  const id = await conversationOf(parts, [turn])
  const needed = estimateTokens(turn[0]) + estimateTokens(turn[1])
  const message = 'm'.repeat(600)
  const systemPrompt = 's'.repeat(900)
  const contextWindow = needed + estimateTokens(message) + estimateTokens(systemPrompt) + answer
  assert.equal((await shown(parts, id, { contextWindow, message, systemPrompt })).length, 2)
  assert.equal((await shown(parts, id, { contextWindow, message: `${message}mmm`, systemPrompt })).length, 0)
  assert.equal(
    (await shown(parts, id, { contextWindow, message, systemPrompt: `${systemPrompt}sss` })).length,
    0,
  )
  assert.equal(
    (await shown(parts, id, { contextWindow, message, systemPrompt, maxTokens: answer + 1 })).length,
    0,
  )
})

test('images and the answers of tools take their part too, and an unlimited answer at most half of a small window', () => {
  const beside = { model: modelOf(16_000), systemPrompt: undefined, message: '', maxTokens: undefined }
  assert.equal(historyRoom(beside), 16_000 - 4_096)
  assert.equal(historyRoom({ ...beside, images: 2 }), 16_000 - 4_096 - 3_200)
  assert.equal(historyRoom({ ...beside, hasTools: true }), 16_000 - 4_096 - 2_000)
  assert.equal(historyRoom({ ...beside, model: modelOf(1_000) }), 500)
})

test('a message that fills the window by itself is asked without history', async () => {
  const parts = partsOver(store, [])
  const id = await conversationOf(parts, [['One?', 'One.']])
  assert.deepEqual(await shown(parts, id, { contextWindow: 8_000, message: 'x'.repeat(100_000) }), [])
})

test('a model that tells no window is shown at most 32,000 tokens with the answer', async () => {
  const parts = partsOver(store, [])
  const turn = ['q'.repeat(9_000 - 12), 'a'.repeat(9_000 - 12)] as const
  const id = await conversationOf(
    parts,
    Array.from({ length: 8 }, () => turn),
  )
  // 6,000 tokens a turn: four of them with 4,096 for the answer, five would be 34,096.
  const { messages: kept } = await historyFor(parts, {
    conversationId: id,
    model: modelOf(null),
    systemPrompt: undefined,
    message: 'Hi.',
    maxTokens: undefined,
  })
  assert.equal(kept.length, 8)
})

test('no more messages are shown than the settings allow, and still whole turns', async () => {
  const id = await conversationOf(partsOver(store, []), [
    ['One?', 'One.'],
    ['Two?', 'Two.'],
    ['Three?', 'Three.'],
  ])
  const shownOf = (historyMessages: number): Promise<readonly string[]> =>
    shown(partsOver(store, [], { historyMessages }), id, { contextWindow: 10_000 })
  assert.deepEqual(await shownOf(4), ['Two?', 'Two.', 'Three?', 'Three.'])
  assert.deepEqual(await shownOf(3), ['Three?', 'Three.'])
  assert.deepEqual(await shownOf(0), [])
})

test('a turn whose reply is blank is left out: providers refuse blank messages, for ever after', async () => {
  const parts = partsOver(store, [])
  const id = await conversationOf(parts, [
    ['One?', 'One.'],
    ['Refused?', ''],
    ['Cut?', ' \n'],
    ['Two?', 'Two.'],
  ])
  assert.deepEqual(await shown(parts, id, { contextWindow: 10_000 }), ['One?', 'One.', 'Two?', 'Two.'])
})

test('an unknown conversation has no history', async () => {
  const parts = partsOver(store, [])
  assert.deepEqual(await shown(parts, 'conv_nobody', { contextWindow: 10_000 }), [])
})

test('tokens are estimated from the bytes of UTF-8, so that no script is taken for less than it is', () => {
  assert.equal(estimateTokens(''), 0)
  assert.equal(estimateTokens('abc'), 5)
  assert.equal(estimateTokens('abcd'), 6)
  assert.equal(estimateTokens('日本語'), 7)
  assert.equal(estimateTokens('😀'), 6)
})

/** Stores a conversation of complete turns: a question and a reply each. */
async function conversationOf(
  parts: TestParts,
  turns: readonly (readonly [string, string])[],
): Promise<string> {
  const id = parts.ids.next('conv')
  for (const [index, [question, reply]] of turns.entries()) {
    const messageId = parts.ids.next('msg')
    const at = parts.clock.now()
    await store.turns.begin({
      conversation: { id, channel: 'api', chatId: id, owner: 'tok_1', title: '', isNew: index === 0 },
      messageId,
      content: question,
      at,
    })
    await store.turns.finish({
      conversationId: id,
      userMessageId: messageId,
      userStatus: 'complete',
      reply: { id: parts.ids.next('msg'), content: reply, status: 'complete', finishReason: 'stop' },
      model: 'model-1',
      provider: 'acme',
      usage: { inputTokens: 1, outputTokens: 1 },
      latencyMs: 1,
      at,
    })
  }
  return id
}

async function shown(
  parts: TestParts,
  conversationId: string,
  input: {
    readonly contextWindow: number
    readonly message?: string
    readonly systemPrompt?: string
    readonly maxTokens?: number
  },
): Promise<readonly string[]> {
  const { messages } = await historyFor(parts, {
    conversationId,
    model: modelOf(input.contextWindow),
    systemPrompt: input.systemPrompt,
    message: input.message ?? 'Hi.',
    maxTokens: input.maxTokens ?? answer,
  })
  assert.deepEqual(
    messages.map((message) => message.role),
    messages.map((_, i) => (i % 2 === 0 ? 'user' : 'assistant')),
  )
  return messages.map((message) => message.content)
}

function modelOf(contextWindow: number | null): ModelInfo {
  return { id: 'model-1', name: 'model-1', contextWindow, maxOutputTokens: null }
}
