import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { newToken, openTestStore, partsOver, requestOf } from '../../../tests/support/domain-parts.ts'
import { eventually } from '../../../tests/support/eventually.ts'
import { ScriptedProvider } from '../../../tests/support/scripted-provider.ts'
import { turnOf } from '../../../tests/support/turns.ts'
import { recordOf } from '../audit/record.ts'
import { ConversationPruner, pruneConversations } from './prune-conversations.ts'

const { store, close } = await openTestStore()
after(close)

const dayMs = 86_400_000
const never = new AbortController().signal

test('all old conversations go in steps that are each recorded, but one in which a turn runs', async () => {
  const provider = new ScriptedProvider('scripted', ['one'])
  const parts = partsOver(store, [provider])
  await parts.models.refresh()
  const token = newToken()
  for (let i = 0; i < 60; i++) await turnOf(requestOf(parts, token), { conversationId: `old_${i}` })
  // More messages than are removed at once.
  for (let i = 0; i < 260; i++) await turnOf(requestOf(parts, token), { conversationId: 'long' })
  const release = await parts.turns.locks.acquire('old_7', 0, never)
  parts.clock.ms += 31 * dayMs
  await turnOf(requestOf(parts, token), { conversationId: 'old_8' })
  const before = parts.clock.now() - 30 * dayMs
  assert.equal(await pruneConversations(parts, before, never), 59)
  release()
  const left = await store.conversations.list({ visibility: { all: true }, limit: 100 })
  assert.deepEqual(left.map(({ value }) => value.id).sort(), ['old_7', 'old_8'])
  assert.deepEqual(await store.conversations.messages('long', { limit: 10 }), [])
  assert.deepEqual(await removals(), [50, 9])
  assert.equal(await pruneConversations(parts, before, never), 1)
  assert.equal(await pruneConversations(parts, before, never), 0)
  assert.deepEqual(await removals(), [50, 9, 1], 'nothing to remove leaves no record')
})

test('it runs by itself where the config says how long, never otherwise, and stops at once', async () => {
  const provider = new ScriptedProvider('scripted', ['one'])
  const forEver = partsOver(store, [provider])
  await forEver.models.refresh()
  const token = newToken()
  await turnOf(requestOf(forEver, token), { conversationId: 'aged' })
  const parts = partsOver(store, [provider], { retentionDays: 30 })
  for (const some of [forEver, parts]) some.clock.ms += 300 * dayMs
  await using idle = new ConversationPruner(forEver)
  assert.ok(idle)
  assert.ok(await store.conversations.find('aged'))
  await using pruner = new ConversationPruner(parts)
  assert.ok(pruner)
  await eventually('the removal', async () =>
    (await store.conversations.find('aged')) === undefined ? true : undefined,
  )
  await eventually('the log line', () =>
    parts.logged.find(({ message }) => message === 'old conversations removed'),
  )
})

test('what turns have used is forgotten after `usage.retentionDays`, and what is younger stays', async () => {
  const provider = new ScriptedProvider('scripted', ['one'])
  const parts = partsOver(store, [provider])
  await parts.models.refresh()
  await turnOf(requestOf(parts, newToken()), {})
  const usedUntil = async (to: number): Promise<number> => {
    const { groups } = await store.usage.sum({ from: 0, to, grouping: { by: 'model' } })
    return groups.reduce((sum, { requests }) => sum + requests, 0)
  }
  const then = parts.clock.now() + 1
  parts.clock.ms += 399 * dayMs
  await turnOf(requestOf(parts, newToken()), {})
  assert.ok((await usedUntil(then)) > 0)
  parts.clock.ms += 2 * dayMs
  await using pruner = new ConversationPruner(parts)
  assert.ok(pruner)
  await eventually('the removal', async () => ((await usedUntil(then)) === 0 ? true : undefined))
  assert.ok((await usedUntil(parts.clock.now())) > 0, 'what is younger stays')
})

async function removals(): Promise<readonly number[]> {
  const { links } = await store.audit.oldest({ afterSequence: 0, limit: 1_000 })
  return links
    .map(recordOf)
    .flatMap(({ action, count }) => (action === 'conversations.removed' ? [count] : []))
}
