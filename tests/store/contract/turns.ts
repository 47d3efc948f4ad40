import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OpenStore } from '../../contracts/store.ts'
import {
  beginTurn,
  emptyStore,
  finishTurn,
  laterTurn,
  refuses,
  reply,
  unanswered,
  wholeTurn,
} from './samples.ts'

/** What every engine must do with turns. */
export function turnsContract(open: OpenStore): void {
  describe('a turn that begins', () => {
    it('opens its conversation with the message pending', async (t) => {
      const store = await emptyStore(t, open)
      await store.turns.begin(
        beginTurn('c1', {
          conversation: {
            channel: 'telegram',
            chatId: '42',
            owner: null,
            title: 'Hi',
            systemPrompt: 'Be brief.',
          },
          metadata: { order: '7' },
        }),
      )
      assert.deepEqual(await store.conversations.find('c1'), {
        id: 'c1',
        channel: 'telegram',
        chatId: '42',
        owner: null,
        title: 'Hi',
        systemPrompt: 'Be brief.',
        messageCount: 1,
        createdAt: 1_000,
        updatedAt: 1_000,
      })
      const [message, ...others] = await store.conversations.messages('c1', { limit: 10 })
      assert.deepEqual(others, [])
      assert.deepEqual(message?.value, {
        id: 'msg_c1_1',
        role: 'user',
        content: 'What is the weather?',
        status: 'pending',
        model: null,
        usage: null,
        finishReason: null,
        createdAt: 1_000,
      })
    })

    it('continues a conversation and keeps its system prompt where none is given', async (t) => {
      const store = await emptyStore(t, open)
      await wholeTurn(store, beginTurn('c1', { conversation: { systemPrompt: 'First.' } }))
      await store.turns.begin(laterTurn('c1', 2))
      const found = await store.conversations.find('c1')
      assert.equal(found?.systemPrompt, 'First.')
      assert.equal(found.messageCount, 3)
      assert.equal(found.createdAt, 1_000)
      assert.equal(found.updatedAt, 2_000)
    })

    it('replaces the system prompt where one is given', async (t) => {
      const store = await emptyStore(t, open)
      await wholeTurn(store, beginTurn('c1'))
      assert.equal((await store.conversations.find('c1'))?.systemPrompt, null)
      await store.turns.begin(
        beginTurn('c1', { messageId: 'm2', conversation: { isNew: false, systemPrompt: 'New.' } }),
      )
      assert.equal((await store.conversations.find('c1'))?.systemPrompt, 'New.')
    })

    it('is refused as a conflict where a new conversation exists already, and leaves it as it was', async (t) => {
      const store = await emptyStore(t, open)
      await wholeTurn(store, beginTurn('c1'))
      const before = await store.conversations.find('c1')
      await refuses(store.turns.begin(beginTurn('c1', { messageId: 'm2', at: 9_000 })), 'conflict', /"c1"/)
      assert.deepEqual(await store.conversations.find('c1'), before)
      assert.equal((await store.conversations.messages('c1', { limit: 10 })).length, 2)
    })

    it('is refused as a conflict where the conversation that it continues is gone, and opens none', async (t) => {
      const store = await emptyStore(t, open)
      await refuses(store.turns.begin(laterTurn('c1', 2)), 'conflict', /"c1" was deleted/)
      assert.equal(await store.conversations.find('c1'), undefined)
    })

    it('keeps nothing of its batch where the message id is taken', async (t) => {
      const store = await emptyStore(t, open)
      await store.turns.begin(beginTurn('c1', { messageId: 'm1' }))
      await refuses(store.turns.begin(beginTurn('c2', { messageId: 'm1' })), 'conflict', /"c2"/)
      assert.equal(await store.conversations.find('c2'), undefined)
    })
  })

  describe('a turn that finishes', () => {
    it('keeps the reply with its model, usage and finish reason', async (t) => {
      const store = await emptyStore(t, open)
      const begun = beginTurn('c1')
      await store.turns.begin(begun)
      await store.turns.finish(
        finishTurn(begun, {
          reply: reply('r1', { finishReason: 'length' }),
          usage: { inputTokens: 5, outputTokens: 6, estimated: true },
        }),
      )
      const messages = (await store.conversations.messages('c1', { limit: 10 })).map(({ value }) => value)
      assert.deepEqual(
        messages.map(({ role, status }) => `${role} ${status}`),
        ['user complete', 'assistant complete'],
      )
      assert.deepEqual(messages[1], {
        id: 'r1',
        role: 'assistant',
        content: 'It rains.',
        status: 'complete',
        model: 'claude-test',
        usage: { inputTokens: 5, outputTokens: 6, estimated: true },
        finishReason: 'length',
        createdAt: 1_500,
      })
      assert.deepEqual([messages[0]?.model, messages[0]?.usage], [null, null])
    })

    it('counts its messages and moves the conversation on', async (t) => {
      const store = await emptyStore(t, open)
      await wholeTurn(store, beginTurn('c1'))
      const later = laterTurn('c1', 2)
      await store.turns.begin(later)
      await store.turns.finish(unanswered(later, 'failed'))
      const found = await store.conversations.find('c1')
      assert.deepEqual([found?.messageCount, found?.updatedAt], [3, 2_500])
      assert.equal((await store.conversations.messages('c1', { limit: 10 })).at(-1)?.value.status, 'failed')
    })

    it('is refused as a conflict where the conversation was deleted meanwhile, and brings nothing back', async (t) => {
      const store = await emptyStore(t, open)
      const begun = beginTurn('c1')
      await store.turns.begin(begun)
      await store.conversations.delete('c1')
      await refuses(store.turns.finish(finishTurn(begun)), 'conflict', /"c1" was deleted/)
      assert.equal(await store.conversations.find('c1'), undefined)
    })

    it('is refused as a conflict where the conversation was deleted and opened anew, and leaves that alone', async (t) => {
      const store = await emptyStore(t, open)
      const begun = beginTurn('c1')
      await store.turns.begin(begun)
      await store.conversations.delete('c1')
      await store.turns.begin(beginTurn('c1', { messageId: 'other' }))
      await refuses(store.turns.finish(finishTurn(begun)), 'conflict', /"c1"/)
      assert.equal((await store.conversations.find('c1'))?.messageCount, 1)
    })

    it('finishes once', async (t) => {
      const store = await emptyStore(t, open)
      const begun = beginTurn('c1')
      await wholeTurn(store, begun)
      await refuses(store.turns.finish(finishTurn(begun, { reply: reply('r2') })), 'conflict', /over already/)
      assert.equal((await store.conversations.find('c1'))?.messageCount, 2)
    })
  })

  describe('turns that a crash left pending', () => {
    it('are failed once, and no others', async (t) => {
      const store = await emptyStore(t, open)
      await wholeTurn(store, beginTurn('c1'))
      await store.turns.begin(laterTurn('c1', 2))
      await store.turns.begin(beginTurn('c2'))
      assert.equal(await store.turns.recover(9_000), 2)
      assert.equal(await store.turns.recover(9_000), 0)
      const statuses = (await store.conversations.messages('c1', { limit: 10 })).map(
        ({ value }) => value.status,
      )
      assert.deepEqual(statuses, ['complete', 'complete', 'failed'])
    })
  })

  describe('many turns at once', () => {
    it('all begin, and each finds its own message', async (t) => {
      const store = await emptyStore(t, open)
      const ids = Array.from({ length: 200 }, (_, i) => `c${i}`)
      await Promise.all(ids.map((id) => store.turns.begin(beginTurn(id, { content: `asked by ${id}` }))))
      for (const id of ids) {
        const messages = await store.conversations.messages(id, { limit: 10 })
        assert.deepEqual(
          messages.map(({ value }) => value.content),
          [`asked by ${id}`],
        )
      }
    })

    it('open a conversation exactly once where all want the same new one', async (t) => {
      const store = await emptyStore(t, open)
      const begun = Array.from({ length: 200 }, (_, i) => beginTurn('c1', { messageId: `m${i}` }))
      const results = await Promise.allSettled(begun.map((turn) => store.turns.begin(turn)))
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
      assert.equal((await store.conversations.find('c1'))?.messageCount, 1)
    })

    it('are all counted in one conversation', async (t) => {
      const store = await emptyStore(t, open)
      await store.turns.begin(beginTurn('c1'))
      const turns = Array.from({ length: 200 }, (_, i) => laterTurn('c1', i + 2))
      await Promise.all(turns.map((turn) => wholeTurn(store, turn)))
      assert.equal((await store.conversations.find('c1'))?.messageCount, 401)
      assert.equal((await store.conversations.messages('c1', { limit: 1_000 })).length, 401)
    })
  })
}
