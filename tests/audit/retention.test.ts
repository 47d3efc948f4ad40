import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pruneAudit } from '../../src/domain/audit/prune-audit.ts'
import type { Store } from '../../src/domain/store.ts'
import { AuditFolder, entries, entry } from './support.ts'

describe('retention', () => {
  it('removes what is older in small batches, and leaves a chain that verifies by a signed anchor', async (t) => {
    const folder = new AuditFolder(t)
    await folder.fill(1, 1_000, 'sealed')
    await folder.fill(1_001, 2_000, 'sealed')
    const removed = await prune(folder, 1_200_500)
    assert.equal(removed, 1_200)
    const verdict = await folder.verify()
    assert.deepEqual(verdict, {
      broken: null,
      records: 800,
      lastSequence: 2_000,
      removedUpTo: 1_200,
      checkpoints: 1,
      uncovered: 0,
    })
    assert.equal(await prune(folder, 1_200_500), 0)
  })

  it('may remove all; the chain goes on where it was', async (t) => {
    const folder = new AuditFolder(t)
    await folder.fill(1, 700)
    assert.equal(await prune(folder, 10_000_000, 10_000_000), 700)
    assert.deepEqual((await folder.verify()).broken, null)
    await folder.fill(701, 710)
    const { broken, records, lastSequence } = await folder.verify()
    assert.deepEqual([broken, records, lastSequence], [null, 10, 710])
  })

  it('removes nothing that is newer, though it may stand before what is older', async (t) => {
    const folder = new AuditFolder(t)
    await append(folder, [entry(1), entry(2, { at: 9_000 }), entry(3)])
    assert.equal(await prune(folder, 5_000), 1)
  })

  it('is not held up for years by a record that a wrong clock dated into the future', async (t) => {
    const folder = new AuditFolder(t)
    await append(folder, [entry(1), entry(2, { at: 4_000_000_000_000 }), entry(3), entry(4, { at: 9_000 })])
    assert.equal(await prune(folder, 5_000), 3)
  })

  it('stops between two batches where the gateway stops', async (t) => {
    const folder = new AuditFolder(t)
    await folder.fill(1, 1_200)
    const stopping = new AbortController()
    const removed = await folder.with(async (store) => {
      const parts = {
        store: stopAfterFirst(store, stopping).audit,
        signer: folder.signer,
        clock: folder.clock,
      }
      return await pruneAudit(parts, 10_000_000, stopping.signal)
    })
    assert.equal(removed, 500)
    assert.equal((await folder.verify()).broken, null)
  })

  it('is told from somebody who removes more', async (t) => {
    const folder = new AuditFolder(t)
    await folder.fill(1, 100, 'sealed')
    await prune(folder, 50_500)
    folder.tamper('DELETE FROM audit_records WHERE sequence <= 60')
    assert.deepEqual((await folder.verify()).broken?.sequence, 51)
  })

  it('is told from somebody who moves the anchor', async (t) => {
    const folder = new AuditFolder(t)
    await folder.fill(1, 100, 'sealed')
    await prune(folder, 50_500)
    folder.tamper(
      'UPDATE audit_anchor SET sequence = 60, hash = (SELECT hash FROM audit_records WHERE sequence = 60)',
      'DELETE FROM audit_records WHERE sequence <= 60',
    )
    const { broken } = await folder.verify()
    assert.ok(broken && broken.sequence <= 61, JSON.stringify(broken))
  })

  it('does not disturb who verifies at the same time', async (t) => {
    const folder = new AuditFolder(t)
    await folder.fill(1, 6_000, 'sealed')
    await folder.with(async (store) => {
      const pruning = pruneAudit(
        { store: store.audit, signer: folder.signer, clock: { ...folder.clock, now: () => 4_000_000 } },
        4_000_500,
        new AbortController().signal,
      )
      const appending = appendSlowly(store)
      for (let i = 0; i < 5; i++) assert.equal((await folder.verifyOpen(store)).broken, null)
      assert.equal(await pruning, 4_000)
      await appending
      assert.equal((await folder.verifyOpen(store)).broken, null)
    })
  })
})

async function prune(folder: AuditFolder, before: number, now = 2_000_000): Promise<number> {
  folder.clock.ms = now
  return await folder.with(
    async (store) =>
      await pruneAudit(
        { store: store.audit, signer: folder.signer, clock: folder.clock },
        before,
        new AbortController().signal,
      ),
  )
}

async function append(folder: AuditFolder, wanted: Parameters<Store['audit']['append']>[0]): Promise<void> {
  await folder.with(async ({ audit }) => await audit.append(wanted))
}

async function appendSlowly({ audit }: Store): Promise<void> {
  for (let i = 0; i < 50; i++) await audit.append(entries(6_001 + i, 6_001 + i))
}

function stopAfterFirst(store: Store, stopping: AbortController): Pick<Store, 'audit'> {
  const { audit } = store
  return {
    audit: {
      ...audit,
      async seal(seal) {
        await audit.seal(seal)
        stopping.abort()
      },
    },
  }
}
