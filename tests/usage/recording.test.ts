import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Parts } from '../../src/domain/context.ts'
import { GatewayError } from '../../src/domain/errors.ts'
import { getUsage, type UsageRow } from '../../src/domain/usage/get-usage.ts'
import { parseUsageQuery, type UsageWords } from '../../src/domain/usage/usage-query.ts'
import { newToken, openTestStore, partsOver, requestOf, type TestSettings } from '../support/domain-parts.ts'
import { eventually } from '../support/eventually.ts'
import { ScriptedProvider, saying, untilAborted } from '../support/scripted-provider.ts'
import { eventOf, messagesOf, turnOf, withCode } from '../support/turns.ts'

const { store, close } = await openTestStore()
after(close)

const prices = new Map([['scripted/one', { input: 1, output: 10 }]])

async function partsWith(provider: ScriptedProvider, options: TestSettings = {}) {
  const parts = partsOver(store, [provider], { prices, ...options })
  await parts.models.refresh()
  return parts
}

async function usageOf(
  parts: Parts,
  token: ReturnType<typeof newToken>,
  words: UsageWords = {},
): Promise<readonly UsageRow[]> {
  const query = parseUsageQuery(words, parts.clock.now())
  return await getUsage(store.usage, { type: 'token', token }, query, new AbortController().signal)
}

test('a turn is recorded once, with its cost where the config has a price, and the reply tells the same', async () => {
  const parts = await partsWith(new ScriptedProvider('scripted', ['one']))
  const token = newToken()
  const events = await turnOf(requestOf(parts, token), { metadata: { customer: 'acme' } })
  const { usage } = eventOf(events, 'done')
  assert.deepEqual(usage, { inputTokens: 7, outputTokens: 3, cost: 0.000037 })
  const row = { requests: 1, inputTokens: 7, outputTokens: 3, cost: 0.000037, estimatedCost: 0 }
  assert.deepEqual(await usageOf(parts, token), [{ key: '2026-03-31', ...row }])
  assert.deepEqual(await usageOf(parts, token, { groupBy: 'model' }), [{ key: 'one', ...row }])
  assert.deepEqual(await usageOf(parts, token, { groupBy: 'token' }), [{ key: token.id, ...row }])
  assert.deepEqual(await usageOf(parts, token, { groupBy: 'metadata.customer' }), [{ key: 'acme', ...row }])
  assert.deepEqual(await usageOf(parts, token, { groupBy: 'metadata.other' }), [{ key: null, ...row }])
  const messages = await messagesOf(parts, eventOf(events, 'start').conversationId)
  assert.deepEqual(messages[1]?.usage, usage)
})

test('a price of the built-in table is an estimate, and is not told in the reply', async () => {
  const parts = await partsWith(new ScriptedProvider('scripted', ['gpt-4o']))
  const token = newToken()
  const events = await turnOf(requestOf(parts, token))
  assert.deepEqual(eventOf(events, 'done').usage, { inputTokens: 7, outputTokens: 3 })
  const [row] = await usageOf(parts, token)
  assert.deepEqual([row?.cost, row?.estimatedCost], [0, 0.0000475])
})

test('what was billed stays when the conversation is deleted, also while its turn runs', async () => {
  const provider = new ScriptedProvider('scripted', ['one'])
  const parts = await partsWith(provider)
  const token = newToken()
  const first = await turnOf(requestOf(parts, token))
  const { conversationId } = eventOf(first, 'start')
  await store.conversations.delete(conversationId)
  provider.script = async function* () {
    yield { type: 'text', text: 'Hello.' }
    const deleted = async () => ((await store.conversations.delete('conv_meanwhile')) ? true : undefined)
    await eventually('the conversation to be there', deleted)
    yield* saying('')
  }
  const running = turnOf(requestOf(parts, token), { conversationId: 'conv_meanwhile' })
  await assert.rejects(running, withCode('conflict'))
  const [row] = await usageOf(parts, token)
  assert.deepEqual([row?.requests, row?.inputTokens, row?.outputTokens], [2, 14, 6])
})

test('a turn that is left is recorded, by what the provider told or by its length', async () => {
  const provider = new ScriptedProvider('scripted', ['one'])
  const parts = await partsWith(provider)
  const token = newToken()
  const left = new AbortController()
  provider.script = async function* (_turn, signal) {
    yield { type: 'usage', usage: { inputTokens: 100, outputTokens: 1 } }
    yield { type: 'text', text: 'Hel' }
    yield { type: 'text', text: 'lo'.repeat(30) }
    left.abort(new Error('left'))
    await untilAborted(signal)
  }
  await assert.rejects(turnOf(requestOf(parts, token, left.signal)))
  const [row] = await usageOf(parts, token)
  // The provider had told one token of output; 63 characters came.
  assert.deepEqual([row?.requests, row?.inputTokens, row?.outputTokens, row?.cost], [1, 100, 25, 0.00035])
})

test('a turn that a provider refuses is recorded and costs nothing', async () => {
  const provider = new ScriptedProvider('scripted', ['one'])
  const parts = await partsWith(provider)
  const token = newToken()
  // biome-ignore lint/correctness/useYield: it fails before.
  provider.script = async function* () {
    throw new GatewayError('provider_error', 'No.')
  }
  await assert.rejects(turnOf(requestOf(parts, token)), withCode('provider_error'))
  assert.deepEqual(await usageOf(parts, token), [
    { key: '2026-03-31', requests: 1, inputTokens: 0, outputTokens: 0, cost: 0, estimatedCost: 0 },
  ])
})

test('a token sees its own turns alone, an administrator all', async () => {
  const parts = await partsWith(new ScriptedProvider('scripted', ['one']))
  const [mine, other, admin] = [newToken(), newToken(), newToken(['admin'])]
  await turnOf(requestOf(parts, mine))
  await turnOf(requestOf(parts, other))
  const keys = async (token: typeof mine) =>
    (await usageOf(parts, token, { groupBy: 'token' })).map(({ key }) => key)
  assert.deepEqual(await keys(mine), [mine.id])
  const all = await keys(admin)
  assert.ok(all.includes(mine.id) && all.includes(other.id))
})

test("a page's turns are those of the token that asked for its token", async () => {
  const parts = await partsWith(new ScriptedProvider('scripted', ['one']))
  const parent = newToken()
  const page = {
    ...newToken(),
    source: 'session' as const,
    session: { parentId: parent.id, parentName: parent.name, origin: 'https://a.example' },
  }
  await turnOf(requestOf(parts, page))
  assert.equal((await usageOf(parts, parent))[0]?.requests, 1)
})
