import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AuditEntry, recordOf } from '../../../src/domain/audit/record.ts'
import type { Seal } from '../../../src/domain/audit/seal.ts'
import type { Store } from '../../../src/domain/store.ts'
import { entries, entry } from '../../audit/support.ts'
import type { OpenStore } from '../../contracts/store.ts'
import { beginTurn, emptyStore, finishTurn, refuses, secret, token } from './samples.ts'

const full: AuditEntry = {
  at: 1_775_000_000_123,
  actor: { type: 'token', id: 'tok_ü', name: 'näme "quoted" \n 🙂' },
  action: 'token.created',
  target: 'tok_b',
  method: 'POST',
  route: '/api/v1/conversations/:id',
  status: 404,
  error: 'not_found',
  ip: '2001:db8::1',
  requestId: 'req_1',
  usage: { model: 'claude-test', inputTokens: 12, outputTokens: 34 },
  countedAt: 1_775_000_000_100,
  count: 7,
}

const empty: AuditEntry = {
  ...full,
  actor: { type: 'stranger', id: null, name: null },
  action: null,
  target: null,
  method: null,
  route: null,
  status: null,
  error: null,
  ip: null,
  requestId: null,
  usage: null,
  countedAt: null,
}

/** What every engine must do with audit records. */
export function auditContract(open: OpenStore): void {
  describe('an audit record', () => {
    it('comes back as it was appended, with its place in the chain', async (t) => {
      const store = await emptyStore(t, open)
      await store.audit.append([full, empty])
      const { links, head } = await store.audit.oldest({ afterSequence: 0, limit: 10 })
      const records = links.map(recordOf)
      assert.deepEqual(
        records.map(({ sequence, hash, ...rest }) => rest),
        [full, empty],
      )
      assert.deepEqual(
        records.map(({ sequence }) => sequence),
        [1, 2],
      )
      assert.deepEqual(head, { sequence: 2, hash: records[1]?.hash })
      assert.match(head.hash, /^[0-9a-f]{64}$/)
    })

    it('takes the next number, whatever is appended at the same time and refused', async (t) => {
      const store = await emptyStore(t, open)
      const begun = beginTurn('c1')
      await store.turns.begin(begun)
      await Promise.allSettled([
        store.audit.append(entries(1, 3)),
        store.turns.finish(finishTurn(beginTurn('nowhere'), { audit: entry(100) })),
        store.audit.append([entry(4)]),
        store.turns.finish(finishTurn(begun, { audit: entry(5) })),
      ])
      assert.deepEqual(await appended(store), [1, 2, 3, 4, 5])
      const { head } = await store.audit.state()
      assert.equal(head.sequence, 5)
    })

    it('of a turn or of a change of a token is kept with it, or not at all', async (t) => {
      const store = await emptyStore(t, open)
      await store.tokens.create(token('tok_1'), entry(1))
      await store.tokens.rotate('tok_1', secret('two'), 9_000, null, entry(2))
      await store.tokens.revoke('tok_1', 2_000, entry(3))
      await store.tokens.denyHash('abc', 2_000, entry(4))
      await refuses(store.tokens.revoke('tok_2', 2_000, entry(90)), 'not_found', /tok_2/)
      await refuses(store.tokens.create(token('tok_1'), entry(91)), 'conflict', /./)
      await refuses(store.turns.finish(finishTurn(beginTurn('c1'), { audit: entry(92) })), 'conflict', /./)
      assert.deepEqual(await appended(store), [1, 2, 3, 4])
    })

    it('is there after the store was closed and opened again, and the chain goes on', async (t) => {
      const { store, reopen, cleanup } = await open()
      t.after(cleanup)
      await store.audit.append(entries(1, 2))
      const before = await store.audit.state()
      const again = await reopen()
      assert.deepEqual(await again.audit.state(), before)
      await again.audit.append([entry(3)])
      assert.deepEqual(await appended(again), [1, 2, 3])
    })
  })

  describe('the audit, newest first', () => {
    it('is looked through by actor, status and time, at most so many, between two numbers', async (t) => {
      const store = await emptyStore(t, open)
      const other = { type: 'token', id: 'tok_b', name: 'shop' } as const
      await store.audit.append([
        entry(1),
        entry(2, { status: 404 }),
        entry(3, { actor: other }),
        entry(4, { actor: other, status: 499 }),
        entry(5, { status: null }),
        entry(6, { status: 400 }),
      ])
      const find = async (query: object): Promise<readonly number[]> =>
        await newest(store, { beforeSequence: 100, fromSequence: 1, limit: 10, ...query })
      assert.deepEqual(await find({}), [6, 5, 4, 3, 2, 1])
      assert.deepEqual(await find({ limit: 2 }), [6, 5])
      assert.deepEqual(await find({ beforeSequence: 5, fromSequence: 3 }), [4, 3])
      assert.deepEqual(await find({ actor: 'shop' }), [4, 3])
      assert.deepEqual(await find({ actor: 'tok_b' }), [4, 3])
      assert.deepEqual(await find({ status: { from: 400, to: 499 } }), [6, 4, 2])
      assert.deepEqual(await find({ actor: 'crm', status: { from: 404, to: 404 } }), [2])
      assert.deepEqual(await find({ since: 4_000 }), [6, 5, 4])
      assert.deepEqual(await find({ actor: 'nobody' }), [])
    })

    it('tells how far down it has looked', async (t) => {
      const store = await emptyStore(t, open)
      await store.audit.append(entries(1, 5))
      const page = { beforeSequence: 100, fromSequence: 1 }
      assert.equal((await store.audit.newest({ ...page, limit: 2 })).lookedDownTo, 4)
      assert.equal((await store.audit.newest({ ...page, limit: 9 })).lookedDownTo, 1)
    })
  })

  describe('a seal', () => {
    it('that is a checkpoint comes back, in order, the newest one apart', async (t) => {
      const store = await emptyStore(t, open)
      await store.audit.append(entries(1, 5))
      assert.equal((await store.audit.state()).lastCheckpoint, undefined)
      const [first, second] = [sealAt('checkpoint', 2), sealAt('checkpoint', 4)]
      await store.audit.seal(first)
      await store.audit.seal(second)
      await store.audit.seal({ ...second, hash: 'another' })
      assert.deepEqual(await store.audit.checkpoints({ afterSequence: 0, limit: 10 }), [first, second])
      assert.deepEqual(await store.audit.checkpoints({ afterSequence: 2, limit: 10 }), [second])
      assert.deepEqual(await store.audit.checkpoints({ afterSequence: 0, limit: 1 }), [first])
      assert.deepEqual((await store.audit.state()).lastCheckpoint, second)
    })

    it('that is an anchor stands in the place of all records up to it; the chain goes on after it', async (t) => {
      const store = await emptyStore(t, open)
      await store.audit.append(entries(1, 5))
      for (const at of [2, 3, 4]) await store.audit.seal(sealAt('checkpoint', at))
      const anchor = sealAt('anchor', 3)
      await store.audit.seal(anchor)
      assert.deepEqual(await appended(store), [4, 5])
      assert.deepEqual((await store.audit.state()).anchor, anchor)
      const left = await store.audit.checkpoints({ afterSequence: 0, limit: 10 })
      assert.deepEqual(
        left.map(({ sequence }) => sequence),
        [3, 4],
      )
      await store.audit.seal(sealAt('anchor', 5))
      await store.audit.append([entry(6)])
      assert.deepEqual(await appended(store), [6])
    })
  })
}

function sealAt(type: Seal['type'], sequence: number): Seal {
  return { type, sequence, hash: `hash ${sequence}`, at: 1_000, keyId: 'key', signature: 'signed' }
}

/** The numbers in the request ids, which are the sequences where nothing was left out. */
async function appended(store: Store): Promise<readonly number[]> {
  const { links } = await store.audit.oldest({ afterSequence: 0, limit: 1_000 })
  return links.map((link) => {
    const { sequence, requestId } = recordOf(link)
    assert.equal(requestId, `req_${sequence}`)
    return sequence
  })
}

async function newest(
  store: Store,
  query: Parameters<Store['audit']['newest']>[0],
): Promise<readonly number[]> {
  return (await store.audit.newest(query)).links.map(({ sequence }) => sequence)
}
