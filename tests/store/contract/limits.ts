import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { entry } from '../../audit/support.ts'
import type { OpenStore } from '../../contracts/store.ts'
import { emptyStore } from './samples.ts'

/** What every engine must do with counted requests. */
export function limitsContract(open: OpenStore): void {
  describe('what limits have counted', () => {
    it('is kept over a close, and taken out once', async (t) => {
      const { store, reopen, cleanup } = await open()
      t.after(cleanup)
      const counted = [
        { key: '', entries: [[1_000, 3] as const] },
        { key: 'tok_a', entries: [[1_000, 1] as const, [1_001, 2] as const] },
      ]
      await store.limits.save([{ key: 'tok_old', entries: [[1, 1]] }])
      await store.limits.save(counted)
      const again = await reopen()
      assert.deepEqual(await again.limits.take(), counted)
      assert.deepEqual(await again.limits.take(), [])
    })

    it('can be had from the audit: by token and in all, what was taken from limits and no more', async (t) => {
      const store = await emptyStore(t, open)
      const other = { type: 'token', id: 'tok_b', name: 'shop' } as const
      await store.audit.append([
        entry(1, { countedAt: 900 }),
        entry(2, { countedAt: 2_000 }),
        entry(3, { countedAt: 1_500 }),
        entry(4, { countedAt: 2_000 }),
        entry(5, { countedAt: 2_000, actor: other }),
        entry(6, { countedAt: null, status: 429 }),
      ])
      assert.deepEqual(await store.limits.ofRecords(1_000), [
        {
          key: '',
          entries: [
            [1_500, 1],
            [2_000, 3],
          ],
        },
        {
          key: 'tok_a',
          entries: [
            [1_500, 1],
            [2_000, 2],
          ],
        },
        { key: 'tok_b', entries: [[2_000, 1]] },
      ])
    })
  })
}
