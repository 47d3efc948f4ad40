import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Store } from '../../../src/domain/store.ts'
import type { UsageGrouping, UsageRecord } from '../../../src/domain/usage/usage-store.ts'
import type { OpenStore } from '../../contracts/store.ts'
import { beginTurn, emptyStore, finishTurn, laterTurn, refuses } from './samples.ts'

const day = 86_400_000

/** What every engine must do with usage. */
export function usageContract(open: OpenStore): void {
  describe('usage', () => {
    it('is kept with its turn, and stays when the conversation goes', async (t) => {
      const store = await emptyStore(t, open)
      const begun = beginTurn('c1')
      const billed = [record({ cost: 96_000_000n, metadata: { customer: 'acme' } })]
      await store.turns.begin(begun)
      await store.turns.finish(finishTurn(begun, { billed }))
      await store.conversations.delete('c1')
      const group = {
        requests: 1,
        inputTokens: 12,
        outputTokens: 34,
        cost: 96_000_000n,
        estimatedCost: 0n,
        largest: 96_000_000n,
      }
      assert.deepEqual(await sums(store, { by: 'model' }), [{ key: 'm', ...group }])
      assert.deepEqual(await sums(store, { by: 'metadata', name: 'customer' }), [{ key: 'acme', ...group }])
    })

    it('is not kept where its turn is refused', async (t) => {
      const store = await emptyStore(t, open)
      await refuses(
        store.turns.finish(finishTurn(laterTurn('c1', 2), { billed: [record()] })),
        'conflict',
        /"c1"/,
      )
      assert.deepEqual(await sums(store, { by: 'day' }), [])
    })

    it('is told apart by day, model, token or channel, and metadata', async (t) => {
      const store = await emptyStore(t, open)
      await store.usage.append({
        records: [
          record({ at: 5, model: 'a', metadata: { k: 'x', other: 'y' } }),
          record({ at: day - 1, model: 'b', owner: 'tok_b' }),
          record({ at: day, model: 'b', owner: null, channel: 'slack', requests: 0 }),
        ],
      })
      const counts = async (grouping: UsageGrouping) =>
        (await sums(store, grouping)).map(({ key, requests }) => [key, requests])
      assert.deepEqual(await counts({ by: 'day' }), [
        ['1970-01-01', 2],
        ['1970-01-02', 0],
      ])
      assert.deepEqual(await counts({ by: 'model' }), [
        ['a', 1],
        ['b', 1],
      ])
      assert.deepEqual(await counts({ by: 'token' }), [
        ['slack', 0],
        ['tok_a', 1],
        ['tok_b', 1],
      ])
      assert.deepEqual(await counts({ by: 'metadata', name: 'k' }), [
        [null, 1],
        ['x', 1],
      ])
    })

    it('is summed up from a time on, before another, and for one token', async (t) => {
      const store = await emptyStore(t, open)
      for (const at of [10, 20, 30])
        await store.usage.append({ records: [record({ at }), record({ at, owner: 'tok_b' })] })
      const sum = async (from: number, to: number, owner?: string) => {
        const { groups, next } = await store.usage.sum({
          from,
          to,
          grouping: { by: 'day' },
          ...(owner ? { owner } : {}),
        })
        assert.equal(next, undefined)
        return groups[0]?.requests ?? 0
      }
      assert.deepEqual([await sum(10, 30), await sum(10, 31), await sum(11, 20)], [4, 6, 0])
      assert.deepEqual([await sum(10, 31, 'tok_b'), await sum(10, 31, 'tok_c')], [3, 0])
    })

    it('goes by age, the oldest first and 500 a step, with its metadata', async (t) => {
      const store = await emptyStore(t, open)
      const metadata = { customer: 'acme' }
      const old = Array.from({ length: 700 }, (_, i) => record({ at: i, metadata }))
      await store.usage.append({ records: [record({ at: 1_000, metadata }), ...old.toReversed()] })
      assert.equal(await store.usage.prune(1_000), 500)
      const { groups } = await store.usage.sum({ from: 0, to: 500, grouping: { by: 'model' } })
      assert.deepEqual(groups, [])
      assert.equal(await store.usage.prune(1_000), 200)
      assert.equal(await store.usage.prune(1_000), 0)
      const [left, ...others] = await sums(store, { by: 'metadata', name: 'customer' })
      assert.deepEqual([left?.key, left?.requests, others], ['acme', 1, []])
      // A key that is free again must not lead to the metadata of who had it before.
      await store.usage.prune(1_001)
      await store.usage.append({ records: [record()] })
      assert.deepEqual(
        (await sums(store, { by: 'metadata', name: 'customer' })).map(({ key }) => key),
        [null],
      )
    })

    it('tells a cost, an estimate and the dearest turn apart, to the last place', async (t) => {
      const store = await emptyStore(t, open)
      const costs = [1n, 2_000_000_000_000_000_001n, 3n]
      await store.usage.append({
        records: [
          ...costs.map((cost) => record({ cost })),
          record({ cost: null, estimatedCost: 7n }),
          record({ cost: null }),
        ],
      })
      const [group] = await sums(store, { by: 'day' })
      assert.equal(group?.cost, 2_000_000_000_000_000_005n)
      assert.equal(group?.estimatedCost, 7n)
      assert.equal(group?.largest, 2_000_000_000_000_000_001n)
    })
  })
}

function record(more: Partial<UsageRecord> = {}): UsageRecord {
  return {
    at: 1_500,
    owner: 'tok_a',
    channel: 'api',
    provider: 'p',
    model: 'm',
    status: 'complete',
    requests: 1,
    inputTokens: 12,
    outputTokens: 34,
    cacheReadTokens: null,
    cacheWriteTokens: null,
    isEstimated: false,
    cost: 0n,
    estimatedCost: null,
    ...more,
  }
}

async function sums(store: Store, grouping: UsageGrouping) {
  const { groups } = await store.usage.sum({ from: 0, to: 10 * day, grouping })
  return groups.toSorted((a, b) => (String(a.key) < String(b.key) ? -1 : 1))
}
