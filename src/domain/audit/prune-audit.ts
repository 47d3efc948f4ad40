import type { Clock } from '../clock.ts'
import type { AuditStore } from '../store.ts'
import { type AuditLink, recordOf } from './record.ts'
import { type AuditSigner, makeSeal, type Seal, sealLine } from './seal.ts'

const batchRecords = 500
const pauseMs = 20
const clockErrorMs = 86_400_000

/**
 * Removes the records from before `before` that stand at the chain's beginning, in small batches with pauses, until none is left or the
 * signal aborts. Each batch leaves a signed anchor, so that the rest can still be verified. Resolves to how many went.
 */
export async function pruneAudit(
  parts: { readonly store: AuditStore; readonly signer: AuditSigner; readonly clock: Clock },
  before: number,
  signal: AbortSignal,
): Promise<number> {
  const { anchor } = await parts.store.state()
  let afterSequence = anchor?.sequence ?? 0
  let removed = 0
  let last: Seal | undefined
  while (!signal.aborted) {
    const { links } = await parts.store.oldest({ afterSequence, limit: batchRecords })
    const now = parts.clock.now()
    const old = oldestBefore(links, before, now)
    const end = old.at(-1)
    if (!end) break
    last = makeSeal(parts.signer, { type: 'anchor', sequence: end.sequence, hash: end.hash, at: now })
    await parts.store.seal(last)
    removed += old.length
    afterSequence = end.sequence
    if (old.length < batchRecords) break
    await pause()
  }
  if (last) parts.signer.publish(sealLine(last))
  return removed
}

// What a wrong clock dated into the future must not stand in the way for years.
function oldestBefore(links: readonly AuditLink[], before: number, now: number): readonly AuditLink[] {
  const kept = links.findIndex((link) => {
    const { at } = recordOf(link)
    return at >= before && at <= now + clockErrorMs
  })
  return kept === -1 ? links : links.slice(0, kept)
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, pauseMs))
}
