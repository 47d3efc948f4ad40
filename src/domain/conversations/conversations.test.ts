import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { newToken, openTestStore, partsOver, requestOf } from '../../../tests/support/domain-parts.ts'
import { ScriptedProvider } from '../../../tests/support/scripted-provider.ts'
import { turnOf, withCode } from '../../../tests/support/turns.ts'
import type { Token } from '../tokens/token.ts'
import { deleteConversation } from './delete-conversation.ts'
import { getConversation } from './get-conversation.ts'
import { listConversations } from './list-conversations.ts'

const { store, close } = await openTestStore()
after(close)

const parts = partsOver(store, [new ScriptedProvider('acme', ['model-1'])])

test('a token sees its own conversations and those of the channels, newest first; admin sees all', async () => {
  const [ada, bob, root] = [newToken(), newToken(), newToken(['admin'])]
  const first = await opened(ada)
  const second = await opened(bob)
  const third = await ofChannel()
  const fourth = await opened(ada)
  assert.deepEqual(await listed(ada), [fourth, third, first])
  assert.deepEqual(await listed(bob), [third, second])
  assert.deepEqual((await listed(root)).slice(0, 4), [fourth, third, second, first])
  for (const [token, id, isSeen] of [
    [ada, first, true],
    [bob, first, false],
    [root, first, true],
    [bob, third, true],
  ] as const) {
    const got = getConversation(requestOf(parts, token), { id, limit: 20 })
    if (isSeen) assert.equal((await got).id, id)
    else await assert.rejects(got, withCode('not_found'))
  }
})

test('pages follow one another without a gap or a repetition, and the last one says so', async () => {
  const token = newToken()
  const ids: string[] = []
  for (let i = 0; i < 5; i++) ids.unshift(await opened(token))
  const own = (row: { readonly channel: string }): boolean => row.channel === 'api'
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await listConversations(requestOf(parts, token), {
      limit: 2,
      channel: 'api',
      ...(cursor === undefined ? {} : { cursor }),
    })
    assert.equal(page.hasMore, page.nextCursor !== null)
    seen.push(...page.data.filter(own).map(({ id }) => id))
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  assert.deepEqual(seen, ids)
})

test('a full last page has no next one', async () => {
  const token = newToken()
  await opened(token)
  await opened(token)
  const page = await listConversations(requestOf(parts, token), { limit: 2, channel: 'api' })
  assert.equal(page.data.length, 2)
  assert.equal(page.hasMore, false)
  assert.equal(page.nextCursor, null)
})

test('messages come oldest first, page by page', async () => {
  const token = newToken()
  const id = await opened(token)
  for (const message of ['Two.', 'Three.']) {
    await turnOf(requestOf(parts, token), { conversationId: id, message })
  }
  const first = await getConversation(requestOf(parts, token), { id, limit: 4 })
  assert.deepEqual(
    first.messages.map(({ content }) => content),
    ['Hi.', 'Hello.', 'Two.', 'Hello.'],
  )
  assert.ok(first.nextCursor)
  const rest = await getConversation(requestOf(parts, token), { id, limit: 4, cursor: first.nextCursor })
  assert.deepEqual(
    rest.messages.map(({ content }) => content),
    ['Three.', 'Hello.'],
  )
  assert.equal(rest.nextCursor, null)
})

test('a cursor of the other list is refused', async () => {
  const token = newToken()
  const id = await opened(token)
  await opened(token)
  const { nextCursor } = await listConversations(requestOf(parts, token), { limit: 1, channel: 'api' })
  assert.ok(nextCursor)
  await assert.rejects(
    getConversation(requestOf(parts, token), { id, limit: 1, cursor: nextCursor }),
    withCode('invalid_request'),
  )
})

test('a conversation is deleted by its owner or by admin, and is gone with its messages', async () => {
  const ada = newToken()
  for (const deleter of [ada, newToken(['admin'])]) {
    const id = await opened(ada)
    await assert.rejects(deleteConversation(requestOf(parts, newToken()), { id }), withCode('not_found'))
    assert.deepEqual(await deleteConversation(requestOf(parts, deleter), { id }), { id, deleted: true })
    await assert.rejects(deleteConversation(requestOf(parts, deleter), { id }), withCode('not_found'))
    assert.deepEqual(await store.conversations.messages(id, { limit: 10 }), [])
  }
})

test('a channel’s conversation is deleted by admin only', async () => {
  const id = await ofChannel()
  await assert.rejects(
    deleteConversation(requestOf(parts, newToken()), { id }),
    withCode('insufficient_scope'),
  )
  assert.deepEqual(await deleteConversation(requestOf(parts, newToken(['admin'])), { id }), {
    id,
    deleted: true,
  })
})

async function opened(token: Token): Promise<string> {
  const conversationId = parts.ids.next('conv')
  await turnOf(requestOf(parts, token), { conversationId })
  return conversationId
}

async function ofChannel(): Promise<string> {
  const id = parts.ids.next('conv')
  await store.turns.begin({
    conversation: { id, channel: 'telegram', chatId: id, owner: null, title: 'Hi.', isNew: true },
    messageId: parts.ids.next('msg'),
    content: 'Hi.',
    at: parts.clock.now(),
  })
  return id
}

async function listed(token: Token): Promise<readonly string[]> {
  return (await listConversations(requestOf(parts, token), { limit: 100 })).data.map(({ id }) => id)
}
