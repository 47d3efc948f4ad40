import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BeginTurn, FinishTurn, Store } from '../../../src/domain/store.ts'
import type { OpenStore } from '../../contracts/store.ts'
import { beginTurn, emptyStore, finishTurn, laterTurn, reply, unanswered, wholeTurn } from './samples.ts'

/** What every engine must do with conversations. */
export function conversationsContract(open: OpenStore): void {
  describe('the list of conversations', () => {
    it('is newest first by creation, whatever was spoken in last', async (t) => {
      const store = await emptyStore(t, open)
      for (const id of ['c1', 'c2', 'c3']) await wholeTurn(store, beginTurn(id))
      await wholeTurn(store, laterTurn('c1', 2))
      assert.deepEqual(await listed(store, { visibility: { all: true }, limit: 10 }), ['c3', 'c2', 'c1'])
    })

    it('comes in pages that neither repeat nor leave out', async (t) => {
      const store = await emptyStore(t, open)
      const ids = Array.from({ length: 7 }, (_, i) => `c${i}`)
      for (const id of ids) await store.turns.begin(beginTurn(id))
      const seen: string[] = []
      let beforeKey: number | undefined
      for (;;) {
        const page = await store.conversations.list({
          visibility: { all: false, owner: 'tok_a' },
          limit: 3,
          ...(beforeKey === undefined ? {} : { beforeKey }),
        })
        if (page.length === 0) break
        assert.ok(page.length <= 3)
        seen.push(...page.map(({ value }) => value.id))
        beforeKey = page.at(-1)?.key
      }
      assert.deepEqual(seen, ids.toReversed())
    })

    it('shows a token its own conversations and those of the channels, and everything to who sees all', async (t) => {
      const store = await emptyStore(t, open)
      await store.turns.begin(beginTurn('mine'))
      await store.turns.begin(beginTurn('other', { conversation: { owner: 'tok_b' } }))
      await store.turns.begin(beginTurn('chat', { conversation: { owner: null, channel: 'telegram' } }))
      await store.turns.begin(beginTurn('mine2'))
      const own = { all: false, owner: 'tok_a' } as const
      const all = { all: true } as const
      assert.deepEqual(await listed(store, { visibility: own, limit: 10 }), ['mine2', 'chat', 'mine'])
      assert.deepEqual(await listed(store, { visibility: own, limit: 2 }), ['mine2', 'chat'])
      assert.deepEqual(await listed(store, { visibility: own, limit: 10, channel: 'api' }), ['mine2', 'mine'])
      assert.deepEqual(await listed(store, { visibility: own, limit: 10, channel: 'telegram' }), ['chat'])
      assert.deepEqual(await listed(store, { visibility: all, limit: 10 }), [
        'mine2',
        'chat',
        'other',
        'mine',
      ])
      assert.deepEqual(await listed(store, { visibility: all, limit: 10, channel: 'api' }), [
        'mine2',
        'other',
        'mine',
      ])
      assert.deepEqual(await listed(store, { visibility: all, limit: 10, channel: 'slack' }), [])
    })
  })

  describe('the messages of a conversation', () => {
    it('come oldest first, in pages that neither repeat nor leave out', async (t) => {
      const store = await emptyStore(t, open)
      await wholeTurn(store, beginTurn('c1'))
      await wholeTurn(store, beginTurn('other'))
      await wholeTurn(store, laterTurn('c1', 2))
      const first = await store.conversations.messages('c1', { limit: 3 })
      const afterKey = first.at(-1)?.key ?? 0
      const second = await store.conversations.messages('c1', { limit: 3, afterKey })
      assert.deepEqual(
        [...first, ...second].map(({ value }) => value.id),
        ['msg_c1_1', 'msg_c1_1_reply', 'msg_c1_2', 'msg_c1_2_reply'],
      )
    })

    it('end with the one that passes the bytes of a page, and are two at least', async (t) => {
      const store = await emptyStore(t, open)
      // Three bytes each in UTF-8, whatever a character counts elsewhere.
      for (const [number, characters] of [10, 1, 0, 20].entries()) {
        const begin = number === 0 ? beginTurn('c1') : laterTurn('c1', number + 1)
        await store.turns.begin({ ...begin, content: '€'.repeat(characters) })
      }
      const bytes = async (bytesMax: number, afterKey = 0): Promise<readonly number[]> => {
        const rows = await store.conversations.messages('c1', { limit: 4, bytesMax, afterKey })
        for (const { value, bytes } of rows) assert.equal(Buffer.byteLength(value.content), bytes)
        return rows.map((row) => row.bytes)
      }
      assert.deepEqual(await bytes(93), [30, 3, 0, 60])
      assert.deepEqual(await bytes(33), [30, 3, 0, 60])
      assert.deepEqual(await bytes(32), [30, 3])
      assert.deepEqual(await bytes(1), [30, 3])
      const [first] = await store.conversations.messages('c1', { limit: 1 })
      assert.deepEqual(await bytes(2, first?.key), [3, 0])
    })

    it('are none where there is no such conversation', async (t) => {
      const store = await emptyStore(t, open)
      assert.deepEqual(await store.conversations.messages('c1', { limit: 3 }), [])
      assert.deepEqual(await store.conversations.history('c1', 3), [])
      assert.equal(await store.conversations.find('c1'), undefined)
    })
  })

  describe('the history', () => {
    it('holds what was answered, newest first, and aborted replies that hold text', async (t) => {
      const store = await emptyStore(t, open)
      const ends: Record<string, (begun: BeginTurn) => FinishTurn> = {
        complete: (begun) => finishTurn(begun, { reply: reply('r1', { content: 'answer' }) }),
        aborted: (begun) => finishTurn(begun, { userStatus: 'aborted', reply: aborted('r2', 'half an ans') }),
        failed: (begun) =>
          finishTurn(begun, { userStatus: 'failed', reply: reply('r3', { status: 'failed' }) }),
        'failed with half a reply': (begun) =>
          finishTurn(begun, { userStatus: 'failed', reply: aborted('r4', 'x') }),
        'aborted without a word': (begun) => finishTurn(begun, { reply: aborted('r5', '') }),
        unanswered: (begun) => unanswered(begun, 'complete'),
      }
      await store.turns.begin(beginTurn('c1', { content: 'pending' }))
      for (const [i, [content, end]] of Object.entries(ends).entries()) {
        const begun = laterTurn('c1', i + 2, { content })
        await store.turns.begin(begun)
        await store.turns.finish(end(begun))
      }
      const history = await store.conversations.history('c1', 100)
      const shown = history.map(({ role, content }) => ({ role, content }))
      assert.deepEqual(shown, [
        { role: 'assistant', content: 'half an ans' },
        { role: 'user', content: 'aborted' },
        { role: 'assistant', content: 'answer' },
        { role: 'user', content: 'complete' },
      ])
    })

    it('holds the newest ones where there are more than asked for', async (t) => {
      const store = await emptyStore(t, open)
      await wholeTurn(store, beginTurn('c1', { content: 'first' }))
      await wholeTurn(store, laterTurn('c1', 2, { content: 'second' }))
      const history = await store.conversations.history('c1', 3)
      assert.deepEqual(
        history.map(({ role, content }) => `${role}: ${content}`),
        ['assistant: It rains.', 'user: second', 'assistant: It rains.'],
      )
    })
  })

  describe('a deleted conversation', () => {
    it('takes its messages with it and leaves others alone', async (t) => {
      const store = await emptyStore(t, open)
      await wholeTurn(store, beginTurn('c1'))
      await wholeTurn(store, beginTurn('c2'))
      assert.equal(await store.conversations.delete('c1'), true)
      assert.equal(await store.conversations.find('c1'), undefined)
      assert.deepEqual(await store.conversations.messages('c1', { limit: 10 }), [])
      assert.deepEqual(await store.conversations.history('c1', 10), [])
      assert.deepEqual(await listed(store, { visibility: { all: true }, limit: 10 }), ['c2'])
      assert.equal((await store.conversations.messages('c2', { limit: 10 })).length, 2)
    })

    it('is gone once, and its ids are free again', async (t) => {
      const store = await emptyStore(t, open)
      await wholeTurn(store, beginTurn('c1'))
      assert.equal(await store.conversations.delete('c1'), true)
      assert.equal(await store.conversations.delete('c1'), false)
      await wholeTurn(store, beginTurn('c1'))
      assert.equal((await store.conversations.find('c1'))?.messageCount, 2)
    })
  })
}

async function listed(
  store: Store,
  query: Parameters<Store['conversations']['list']>[0],
): Promise<readonly string[]> {
  return (await store.conversations.list(query)).map(({ value }) => value.id)
}

function aborted(id: string, content: string): NonNullable<FinishTurn['reply']> {
  return reply(id, { content, status: 'aborted', finishReason: null })
}
