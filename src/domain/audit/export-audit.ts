import type { AuditStore } from '../store.ts'
import { firstSequenceSince } from './list-audit.ts'
import { type AuditRecord, recordOf } from './record.ts'

const pageRecords = 1_000

/** Gives all records from `since` on, or from the first one, oldest first, a page at a time. */
export async function* exportAudit(
  store: Pick<AuditStore, 'oldest'>,
  since = Number.MIN_SAFE_INTEGER,
): AsyncGenerator<readonly AuditRecord[]> {
  let afterSequence = (await firstSequenceSince(store, since)) - 1
  for (;;) {
    const { links } = await store.oldest({ afterSequence, limit: pageRecords })
    yield links.map(recordOf).filter(({ at }) => at >= since)
    const last = links.at(-1)
    // What comes while we write is for the next time.
    if (!last || links.length < pageRecords) return
    afterSequence = last.sequence
  }
}
