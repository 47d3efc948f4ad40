import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AnsweredKey } from '../../../src/domain/idempotency/key-store.ts'
import type { OpenStore } from '../../contracts/store.ts'
import { beginTurn, emptyStore, finishTurn, laterTurn, refuses } from './samples.ts'

/** What every engine must do with Idempotency-Keys. */
export function keysContract(open: OpenStore): void {
  describe('Idempotency-Keys', () => {
    it('are kept with the turn that they are for, whatever is in the answer', async (t) => {
      const store = await emptyStore(t, open)
      const begun = beginTurn('c1')
      const answered = key({ answer: { status: 200, body: '{"content":"ä\\n\u2028 😀"}' } })
      await store.turns.begin(begun)
      await store.turns.finish(finishTurn(begun, { answered }))
      assert.deepEqual(await store.keys.find('tok_a', 'k'), answered)
      assert.equal(await store.keys.find('tok_b', 'k'), undefined)
      assert.equal(await store.keys.find('tok_a', 'K'), undefined)
    })

    it('are not kept where their turn is refused', async (t) => {
      const store = await emptyStore(t, open)
      const refused = finishTurn(laterTurn('c1', 2), { answered: key() })
      await refuses(store.turns.finish(refused), 'conflict', /"c1"/)
      assert.equal(await store.keys.find('tok_a', 'k'), undefined)
    })

    it('take the place of what was kept before', async (t) => {
      const store = await emptyStore(t, open)
      await store.keys.keep(key())
      const later = key({ fingerprint: 'other', at: 2_000, answer: { status: 404, body: '{}' } })
      await store.keys.keep(later)
      assert.deepEqual(await store.keys.find('tok_a', 'k'), later)
    })

    it('are kept with the message that is on its way under them, until its answer is', async (t) => {
      const store = await emptyStore(t, open)
      const { answer: _, ...use } = key()
      await store.channels.outbox.add({
        id: 'msg_1',
        kind: 'send',
        channel: 'telegram',
        chatId: '1',
        route: {},
        conversationId: null,
        parts: [{ text: 'Hi', nonce: 'n' }],
        at: 1_000,
        giveUpAt: 2_000,
        details: { kind: 'send', content: 'Hi', from: { id: 'tok_a', name: 'a' } },
        key: use,
      })
      assert.deepEqual(await store.keys.find('tok_a', 'k'), { ...use, messageId: 'msg_1' })
      await store.keys.keep(key())
      assert.deepEqual(await store.keys.find('tok_a', 'k'), key())
    })

    it('are removed by their age, a bounded number at a time', async (t) => {
      const store = await emptyStore(t, open)
      for (let i = 0; i < 3; i++) await store.keys.keep(key({ name: `k${i}`, at: i }))
      assert.equal(await store.keys.prune(1), 2)
      assert.equal(await store.keys.prune(1), 0)
      assert.notEqual(await store.keys.find('tok_a', 'k2'), undefined)
    })
  })
}

function key(more: Partial<AnsweredKey> = {}): AnsweredKey {
  return {
    owner: 'tok_a',
    name: 'k',
    fingerprint: 'f',
    at: 1_000,
    answer: { status: 200, body: '{}' },
    ...more,
  }
}
