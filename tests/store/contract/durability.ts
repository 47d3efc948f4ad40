import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OpenStore } from '../../contracts/store.ts'
import { beginTurn, emptyStore, finishTurn, refuses, reply, secret, token, wholeTurn } from './samples.ts'

/** What every engine must do with text, and over a close. */
export function durabilityContract(open: OpenStore): void {
  describe('text', () => {
    const texts = {
      'a NUL': 'before\0after',
      'characters beyond the basic plane': '👩‍👩‍👧 𝒳 \u{10FFFF}',
      'quotes, a backslash and line ends of both kinds': `'"\\ \r\n \n`,
      'a byte order mark and an unnormalised letter': '\uFEFFe\u0301',
      '100,000 characters': 'wörd '.repeat(20_000),
      '100,000 characters beyond the basic plane': '🙂'.repeat(50_000),
    }
    for (const [what, text] of Object.entries(texts)) {
      it(`with ${what} comes back as it was`, async (t) => {
        const store = await emptyStore(t, open)
        const begun = beginTurn('c1', { content: text, conversation: { title: text, systemPrompt: text } })
        await store.turns.begin(begun)
        await store.turns.finish(finishTurn(begun, { reply: reply('r1', { content: text }) }))
        const found = await store.conversations.find('c1')
        const messages = await store.conversations.messages('c1', { limit: 2 })
        const history = await store.conversations.history('c1', 2)
        const back = [found?.title, found?.systemPrompt, ...messages.map(({ value }) => value.content)]
        for (const one of [...back, ...history.map(({ content }) => content)]) assert.ok(one === text)
        assert.equal(back.length + history.length, 6)
      })
    }

    it('with a lone surrogate, which no encoding can hold, comes back with U+FFFD in its place', async (t) => {
      const store = await emptyStore(t, open)
      await store.turns.begin(beginTurn('c1', { content: 'a\uD83Db\uDE42' }))
      const [message] = await store.conversations.messages('c1', { limit: 1 })
      assert.equal(message?.value.content, 'a\uFFFDb\uFFFD')
    })
  })

  describe('what was acknowledged', () => {
    it('is there after the store was closed and opened again', async (t) => {
      const { store, reopen, cleanup } = await open()
      t.after(cleanup)
      await wholeTurn(store, beginTurn('c1'))
      await store.turns.begin(beginTurn('c2'))
      await store.tokens.create(token('tok_1', { secrets: [secret('one')] }))
      const epoch = store.tokens.epoch()
      const before = [
        await store.conversations.find('c1'),
        await store.conversations.messages('c1', { limit: 9 }),
      ]
      const again = await reopen()
      assert.deepEqual(
        [await again.conversations.find('c1'), await again.conversations.messages('c1', { limit: 9 })],
        before,
      )
      assert.deepEqual(await again.tokens.load(), {
        tokens: [token('tok_1', { secrets: [secret('one')] })],
        deniedHashes: [],
      })
      assert.equal(again.tokens.epoch(), epoch)
      assert.equal(await again.turns.recover(9_000), 1)
    })

    it('includes what was asked before the close', async (t) => {
      const { store, reopen, cleanup } = await open()
      t.after(cleanup)
      const begun = store.turns.begin(beginTurn('c1'))
      const again = await reopen()
      await begun
      assert.equal((await again.conversations.find('c1'))?.messageCount, 1)
    })
  })

  describe('a store', () => {
    it('is well and has nothing queued while all is well', async (t) => {
      const store = await emptyStore(t, open)
      const deleted = store.conversations.delete('c1')
      assert.equal(store.health().queued, 1)
      await deleted
      assert.deepEqual({ ...store.health(), engine: '' }, { status: 'ok', engine: '', queued: 0 })
    })

    it('closes twice as well as once, and refuses everything afterwards', async (t) => {
      const store = await emptyStore(t, open)
      await Promise.all([store.close(), store.close()])
      await store.close()
      await refuses(store.turns.begin(beginTurn('c1')), 'shutting_down', /stopping/)
      await refuses(store.conversations.find('c1'), 'shutting_down', /stopping/)
    })
  })
}
