import { decodeCursor, encodeCursor } from '../conversations/cursor.ts'
import type { Page } from '../conversations/list-conversations.ts'
import type { AuditStore } from '../store.ts'
import type { AuditFilter } from './audit-filter.ts'
import { type AuditRecord, recordOf } from './record.ts'
import { type AuditView, auditView } from './record-view.ts'

/** A page of records, newest first. */
export interface ListAudit {
  readonly filter: AuditFilter
  readonly limit: number
  /** Only those before this sequence. */
  readonly beforeSequence?: number
  readonly signal: AbortSignal
}

/** A page as a caller asks for it. */
export interface AuditPageInput {
  readonly filter: AuditFilter
  /** 1 to 100. */
  readonly limit: number
  readonly cursor?: string
  readonly signal: AbortSignal
}

// A clock that was set back by less than so many records' time hides nothing from `since`.
const clockMarginRecords = 10_000

/**
 * Returns at most `limit` records, newest first. The records are looked through in steps that each take some milliseconds, with other
 * work between; rejects with the signal's reason where nobody waits any more.
 */
export async function listAudit(
  store: Pick<AuditStore, 'newest' | 'oldest'>,
  { filter, limit, beforeSequence, signal }: ListAudit,
): Promise<readonly AuditRecord[]> {
  const { actor, status, since } = filter
  const fromSequence = since === undefined ? 1 : await firstSequenceSince(store, since)
  const found: AuditRecord[] = []
  let before = beforeSequence ?? Number.MAX_SAFE_INTEGER
  while (found.length < limit && before > fromSequence) {
    signal.throwIfAborted()
    const step = await store.newest({
      beforeSequence: before,
      fromSequence,
      limit: limit - found.length,
      ...(actor === undefined ? {} : { actor }),
      ...(status === undefined ? {} : { status }),
      ...(since === undefined ? {} : { since }),
    })
    found.push(...step.links.map(recordOf))
    before = step.lookedDownTo
    await new Promise((resolve) => setImmediate(resolve))
  }
  return found
}

/** Returns one page of the records, newest first. Throws `invalid_request` for a foreign cursor. */
export async function auditPage(
  store: Pick<AuditStore, 'newest' | 'oldest'>,
  { filter, limit, cursor, signal }: AuditPageInput,
): Promise<Page<AuditView>> {
  const before = cursor === undefined ? {} : { beforeSequence: decodeCursor('audit', cursor) }
  const rows = await listAudit(store, { filter, limit: limit + 1, signal, ...before })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const hasMore = rows.length > limit
  return {
    data: page.map(auditView),
    hasMore,
    nextCursor: hasMore && last ? encodeCursor('audit', last.sequence) : null,
  }
}

/** Returns a sequence before which no record is from `since` or later, by halving: records stand in the order of time. */
export async function firstSequenceSince(store: Pick<AuditStore, 'oldest'>, since: number): Promise<number> {
  const { head, anchor } = await store.oldest({ afterSequence: 0, limit: 0 })
  const first = (anchor?.sequence ?? 0) + 1
  let low = first
  let high = head.sequence + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const { links } = await store.oldest({ afterSequence: middle - 1, limit: 1 })
    const [link] = links
    if (link && recordOf(link).at < since) low = middle + 1
    else high = middle
  }
  return Math.max(first, low - clockMarginRecords)
}
