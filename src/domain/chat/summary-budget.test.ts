import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { newToken, openTestStore, requestOf } from '../../../tests/support/domain-parts.ts'
import { eventually } from '../../../tests/support/eventually.ts'
import { saying } from '../../../tests/support/scripted-provider.ts'
import { scriptOf, summariesAsked, summaryScene } from '../../../tests/support/summary-scene.ts'
import { turnOf } from '../../../tests/support/turns.ts'
import { GatewayError } from '../errors.ts'
import { getUsage } from '../usage/get-usage.ts'
import { parseUsageQuery } from '../usage/usage-query.ts'
import { summarizeConversation } from './summary-job.ts'

const { store, close } = await openTestStore()
after(close)

test('its cost is paid by the owner, is no request, and counts against the budget', async () => {
  const budget = { amount: 1, per: 'month' } as const
  const { parts, provider, say, token } = await summaryScene(store, { historyMessages: 2 }, null, {
    ...newToken(),
    budget,
  })
  const id = await say('One?', { metadata: { customer: 'acme' } })
  scriptOf(provider, async function* () {
    yield { type: 'text', text: 'Kept.' }
    yield { type: 'finish', finishReason: 'stop', usage: { inputTokens: 1_000_000, outputTokens: 0 } }
  })
  await say('Two?', { metadata: { customer: 'acme' } }, id)
  const query = parseUsageQuery({ groupBy: 'metadata.customer' }, parts.clock.now())
  const actor = { type: 'token', token } as const
  const [row] = await getUsage(store.usage, actor, query, new AbortController().signal)
  assert.equal(row?.requests, 2)
  assert.equal(row?.inputTokens, 1_000_014)
  const refused = turnOf(requestOf(parts, token), { message: 'Three?', conversationId: id })
  await assert.rejects(refused, (error) => error instanceof GatewayError && error.code === 'budget_exceeded')
})

test('a used-up budget makes no summary and no log line', async () => {
  const budget = { amount: 0.00005, per: 'month' } as const
  const { parts, provider, say } = await summaryScene(store, { historyMessages: 2 }, null, {
    ...newToken(),
    budget,
  })
  const id = await say('One?')
  await say('Two?', {}, id)
  assert.equal(summariesAsked(provider).length, 0)
  assert.ok(parts.logged.every(({ message }) => message !== 'summary not made'))
})

test('where other turns hold the budget, a summary takes no place in their line', async () => {
  const budget = { amount: 1, per: 'month' } as const
  const { parts, provider, say, token } = await summaryScene(store, { historyMessages: 2 }, null, {
    ...newToken(),
    budget,
  })
  const id = await say('One?')
  const ctx = requestOf(parts, token)
  // A turn of a model that nobody has asked before holds all that is left.
  using hold = await parts.answers.budgets.reserve(ctx.actor, { size: 1n, kind: 'new' }, ctx.signal)
  assert.ok(hold)
  const [entry] = parts.models
    .listings()
    .flatMap(({ provider: from, models }) => models.map((model) => ({ provider: from, model })))
  assert.ok(entry)
  const job = { ctx, conversationId: id, answering: entry, room: 0, metadata: undefined }
  const since = performance.now()
  await summarizeConversation(job, ctx.signal)
  assert.ok(performance.now() - since < 10_000)
  assert.equal(summariesAsked(provider).length, 0)
})

test('a summary is made only where the budget has room for all that it may cost, and holds that', async () => {
  // A turn costs 0.000037, and a summary may cost some more than 0.04.
  for (const [amount, made] of [
    [0.03, 0],
    [0.06, 1],
    [0.1, 2],
  ] as const) {
    const budget = { amount, per: 'month' } as const
    const { parts, provider, say, token } = await summaryScene(store, { historyMessages: 2 }, null, {
      ...newToken(),
      budget,
    })
    const ids = [await say('One?'), await say('One?')]
    const gate = Promise.withResolvers<void>()
    scriptOf(provider, async function* () {
      await gate.promise
      yield* saying('Kept.')
    })
    await Promise.all(
      ids.map((conversationId) => turnOf(requestOf(parts, token), { message: 'Two?', conversationId })),
    )
    await eventually('the summaries', () => (summariesAsked(provider).length === made ? true : undefined))
    gate.resolve()
    await parts.answers.summaries.idle()
    assert.equal(summariesAsked(provider).length, made, `${amount}`)
  }
})

test('a turn does not wait for what a running summary may cost', async () => {
  // A turn costs 0.000037. The third one may cost 0.01: it has no room beside what the summary holds.
  const budget = { amount: 0.045, per: 'month' } as const
  const { parts, provider, say, token } = await summaryScene(store, { historyMessages: 2 }, null, {
    ...newToken(),
    budget,
  })
  const id = await say('One?')
  const gate = Promise.withResolvers<void>()
  scriptOf(provider, async function* () {
    await gate.promise
    yield* saying('Kept.')
  })
  await turnOf(requestOf(parts, token), { message: 'Two?', conversationId: id })
  await eventually('the summary', () => summariesAsked(provider)[0])
  const since = performance.now()
  await turnOf(requestOf(parts, token), { message: 'Three?', maxTokens: 1_000 })
  assert.ok(performance.now() - since < 10_000)
  gate.resolve()
  await parts.answers.summaries.idle()
  assert.equal((await store.summaries.find(id))?.content, 'Kept.')
})
