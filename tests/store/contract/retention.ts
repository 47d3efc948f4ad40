import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { auditAction, recordOf } from '../../../src/domain/audit/record.ts'
import type { OpenStore } from '../../contracts/store.ts'
import { beginTurn, emptyStore, laterTurn, wholeTurn } from './samples.ts'

const worker = { type: 'worker', id: null, name: 'retention' } as const

/** What every engine must do with conversations that are kept no longer. */
export function retentionContract(open: OpenStore): void {
  describe('retention', () => {
    it('finds the conversations whose last message is from before a time', async (t) => {
      const store = await emptyStore(t, open)
      await wholeTurn(store, beginTurn('old', { at: 1_000 }))
      await wholeTurn(store, beginTurn('revived', { at: 1_000 }))
      await wholeTurn(store, beginTurn('new', { at: 90_000 }))
      await wholeTurn(store, laterTurn('revived', 90))
      assert.deepEqual(await store.retention.stale({ before: 60_000, afterKey: 0 }), {
        conversations: [{ id: 'old', messageCount: 2 }],
        next: undefined,
      })
    })

    it('removes them with an audit record, and leaves one that was revived meanwhile', async (t) => {
      const store = await emptyStore(t, open)
      await wholeTurn(store, beginTurn('old', { at: 1_000 }))
      await wholeTurn(store, beginTurn('revived', { at: 90_000 }))
      const audit = auditAction('conversations.removed', { at: 99_000, actor: worker, count: 2 })
      await store.retention.remove(['old', 'revived'], 60_000, audit)
      assert.equal(await store.conversations.find('old'), undefined)
      assert.ok(await store.conversations.find('revived'))
      assert.equal((await store.conversations.messages('revived', { limit: 10 })).length, 2)
      const { links } = await store.audit.oldest({ afterSequence: 0, limit: 10 })
      assert.deepEqual(
        links.map(recordOf).map(({ action, count }) => [action, count]),
        [['conversations.removed', 2]],
      )
    })

    it('trims the oldest messages of an old conversation, and none of one that was revived', async (t) => {
      const store = await emptyStore(t, open)
      await wholeTurn(store, beginTurn('old', { at: 1_000 }))
      await wholeTurn(store, beginTurn('new', { at: 90_000 }))
      assert.equal(await store.retention.trim('new', 60_000), 0)
      assert.equal(await store.retention.trim('old', 60_000), 2)
      assert.deepEqual(await store.conversations.messages('old', { limit: 10 }), [])
      assert.equal((await store.conversations.messages('new', { limit: 10 })).length, 2)
    })
  })
}
