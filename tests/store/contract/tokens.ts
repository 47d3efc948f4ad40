import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Store } from '../../../src/domain/store.ts'
import type { OpenStore } from '../../contracts/store.ts'
import { emptyStore, refuses, secret, token } from './samples.ts'

/** What every engine must do with tokens. */
export function tokensContract(open: OpenStore): void {
  describe('a token', () => {
    it('comes back as it was made', async (t) => {
      const store = await emptyStore(t, open)
      const plain = token('tok_1')
      const full = token('tok_2', {
        scopes: ['chat', 'send', 'read', 'admin'],
        rateLimit: 120,
        allowedIps: [],
        models: ['openai/gpt-test', 'claude-test'],
        expiresAt: 5_000,
        revokedAt: 4_000,
        lastUsedAt: 3_000,
        secrets: [secret('newer'), secret('older', { expiresAt: 2_000 })],
      })
      await store.tokens.create(plain)
      await store.tokens.create(full)
      assert.deepEqual(await store.tokens.load(), { tokens: [plain, full], deniedHashes: [] })
    })

    it('is refused as a conflict where a live one has its name, and keeps nothing', async (t) => {
      const store = await emptyStore(t, open)
      await store.tokens.create(token('tok_1', { name: 'crm' }))
      await refuses(store.tokens.create(token('tok_2', { name: 'crm' })), 'conflict', /"crm"/)
      assert.deepEqual(await ids(store), ['tok_1'])
    })

    it('may take the name of a revoked one', async (t) => {
      const store = await emptyStore(t, open)
      await store.tokens.create(token('tok_1', { name: 'crm' }))
      await store.tokens.revoke('tok_1', 2_000)
      await store.tokens.create(token('tok_2', { name: 'crm' }))
      assert.deepEqual(await ids(store), ['tok_1', 'tok_2'])
    })

    it('cannot share a secret with another', async (t) => {
      const store = await emptyStore(t, open)
      await store.tokens.create(token('tok_1', { secrets: [secret('same')] }))
      await refuses(store.tokens.create(token('tok_2', { secrets: [secret('same')] })), 'conflict', /./)
      assert.deepEqual(await ids(store), ['tok_1'])
    })

    it('is rotated: the new secret first, older ones with an end that is never put off', async (t) => {
      const store = await emptyStore(t, open)
      await store.tokens.create(
        token('tok_1', { secrets: [secret('one'), secret('ends soon', { expiresAt: 2_500 })] }),
      )
      await store.tokens.create(token('tok_2'))
      await store.tokens.rotate('tok_1', secret('two', { createdAt: 2_000 }), 9_000)
      const [rotated, other] = (await store.tokens.load()).tokens
      assert.deepEqual(
        rotated?.secrets.map(({ hash, expiresAt }) => [hash, expiresAt]),
        [
          ['two', null],
          ['one', 9_000],
          ['ends soon', 2_500],
        ],
      )
      assert.equal(other?.secrets[0]?.expiresAt, null)
    })

    it('gets a new end with its rotation where one is given, and keeps its own where none is', async (t) => {
      const store = await emptyStore(t, open)
      await store.tokens.create(token('tok_1', { expiresAt: 5_000 }))
      await store.tokens.rotate('tok_1', secret('two', { createdAt: 2_000 }), 3_000)
      assert.equal((await store.tokens.load()).tokens[0]?.expiresAt, 5_000)
      await store.tokens.rotate('tok_1', secret('three', { createdAt: 2_500 }), 3_000, 9_000)
      assert.equal((await store.tokens.load()).tokens[0]?.expiresAt, 9_000)
      await store.tokens.rotate('tok_1', secret('four', { createdAt: 2_600 }), 3_000, null)
      assert.equal((await store.tokens.load()).tokens[0]?.expiresAt, null)
    })

    it('does not gather secrets that have expired', async (t) => {
      const store = await emptyStore(t, open)
      await store.tokens.create(token('tok_1'))
      for (let i = 1; i <= 20; i++)
        await store.tokens.rotate('tok_1', secret(`s${i}`, { createdAt: i * 1_000 }), i * 1_000)
      assert.deepEqual(
        (await store.tokens.load()).tokens[0]?.secrets.map(({ hash }) => hash),
        ['s20', 's19'],
      )
    })

    it('is revoked once: a second time changes nothing', async (t) => {
      const store = await emptyStore(t, open)
      await store.tokens.create(token('tok_1'))
      await store.tokens.revoke('tok_1', 2_000)
      await store.tokens.revoke('tok_1', 3_000)
      assert.equal((await store.tokens.load()).tokens[0]?.revokedAt, 2_000)
    })

    it('is not found where there is none of that id', async (t) => {
      const store = await emptyStore(t, open)
      await refuses(store.tokens.revoke('tok_1', 2_000), 'not_found', /"tok_1"/)
      await refuses(store.tokens.rotate('tok_1', secret('x'), 2_000), 'not_found', /"tok_1"/)
      assert.deepEqual((await store.tokens.load()).tokens, [])
    })

    it('remembers its last use, whatever order the notes come in', async (t) => {
      const store = await emptyStore(t, open)
      for (const id of ['tok_1', 'tok_2', 'tok_3']) await store.tokens.create(token(id))
      await store.tokens.touch([
        { tokenId: 'tok_1', at: 5_000 },
        { tokenId: 'tok_of_the_config', at: 5_000 },
        { tokenId: 'tok_2', at: 6_000 },
      ])
      await store.tokens.touch([{ tokenId: 'tok_1', at: 4_000 }])
      await store.tokens.touch([])
      assert.deepEqual(
        (await store.tokens.load()).tokens.map(({ lastUsedAt }) => lastUsedAt),
        [5_000, 6_000, null],
      )
    })
  })

  describe('a denied hash', () => {
    it('stands once, however often it is denied', async (t) => {
      const store = await emptyStore(t, open)
      await store.tokens.denyHash('abc', 1_000)
      await store.tokens.denyHash('def', 1_000)
      await store.tokens.denyHash('abc', 2_000)
      assert.deepEqual((await store.tokens.load()).deniedHashes, ['abc', 'def'])
    })
  })

  describe('the epoch of the tokens', () => {
    it('is raised by every change of a token by the time that the change resolves', async (t) => {
      const store = await emptyStore(t, open)
      const changes = [
        () => store.tokens.create(token('tok_1')),
        () => store.tokens.rotate('tok_1', secret('two'), 2_000),
        () => store.tokens.denyHash('abc', 1_000),
        () => store.tokens.revoke('tok_1', 2_000),
      ]
      for (const change of changes) {
        const before = store.tokens.epoch()
        await change()
        assert.ok(store.tokens.epoch() > before, String(change))
      }
    })

    it('stays where a token is only used, and where a change is refused', async (t) => {
      const store = await emptyStore(t, open)
      await store.tokens.create(token('tok_1'))
      const before = store.tokens.epoch()
      await store.tokens.touch([{ tokenId: 'tok_1', at: 5_000 }])
      await refuses(store.tokens.revoke('tok_2', 2_000), 'not_found', /./)
      await refuses(store.tokens.create(token('tok_1')), 'conflict', /./)
      assert.equal(store.tokens.epoch(), before)
    })
  })
}

async function ids(store: Store): Promise<readonly string[]> {
  return (await store.tokens.load()).tokens.map(({ id }) => id)
}
