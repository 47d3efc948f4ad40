import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Store } from '../../../src/domain/store.ts'
import type { OpenStore } from '../../contracts/store.ts'
import { beginTurn, emptyStore, laterTurn, wholeTurn } from './samples.ts'

/** What every engine must do with the summaries of conversations. */
export function summariesContract(open: OpenStore): void {
  describe('a summary', () => {
    it('stands until one that covers more takes its place, also after a restart', async (t) => {
      const { store, reopen, cleanup } = await open()
      t.after(cleanup)
      await wholeTurn(store, beginTurn('c1'))
      assert.equal(await store.summaries.find('c1'), undefined)
      assert.equal(await save(store, 'c1', 2), true)
      assert.equal(await save(store, 'c1', 2, 'covers as much'), false)
      assert.equal(await save(store, 'c1', 1, 'covers less'), false)
      assert.equal(await save(store, 'c1', 3, 'covers more'), true)
      const again = await reopen()
      assert.deepEqual(await again.summaries.find('c1'), {
        coversKey: 3,
        content: 'covers more',
        mark: 'MARK',
      })
    })

    it('goes with its conversation, and a conversation that is gone takes none', async (t) => {
      const store = await emptyStore(t, open)
      await wholeTurn(store, beginTurn('c1'))
      await wholeTurn(store, beginTurn('c2'))
      await save(store, 'c1', 2)
      await save(store, 'c2', 4)
      await store.conversations.delete('c1')
      assert.equal(await store.summaries.find('c1'), undefined)
      assert.equal(await save(store, 'c1', 5), false)
      assert.equal((await store.summaries.find('c2'))?.content, 'kept')
    })

    it('is made of the messages that later turns may see, between two keys, oldest first', async (t) => {
      const store = await emptyStore(t, open)
      await wholeTurn(store, beginTurn('c1', { content: 'first' }))
      await wholeTurn(store, beginTurn('c2', { content: 'of another' }))
      await store.turns.begin(laterTurn('c1', 2, { content: 'pending' }))
      await wholeTurn(store, laterTurn('c1', 3, { content: 'last' }))
      const page = { afterKey: 0, beforeKey: Number.MAX_SAFE_INTEGER, limit: 10 }
      const all = await store.summaries.messages('c1', page)
      assert.deepEqual(
        all.map(({ content }) => content),
        ['first', 'It rains.', 'last', 'It rains.'],
      )
      const [first, , third] = all
      const some = { ...page, afterKey: first?.key ?? 0, beforeKey: third?.key ?? 0 }
      assert.deepEqual(await store.summaries.messages('c1', some), all.slice(1, 2))
      assert.deepEqual(await store.summaries.messages('c1', { ...page, limit: 2 }), all.slice(0, 2))
    })
  })
}

async function save(
  store: Store,
  conversationId: string,
  coversKey: number,
  content = 'kept',
): Promise<boolean> {
  const summary = { coversKey, content, mark: 'MARK' }
  return await store.summaries.save({ conversationId, summary, model: 'm', at: 1, billed: [], events: [] })
}
