import type { Clock } from '../clock.ts'
import type { Store } from '../store.ts'
import { pause } from '../supervise.ts'

const weekMs = 7 * 24 * 60 * 60 * 1000
const sweepMs = 10 * 60 * 1000
const sweepOnMs = 1_000

/** Removes what has been over for a week, a bounded number at a time, until the signal aborts. Rejects where the store fails. */
export async function pruneChannels(
  store: Pick<Store, 'channels'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { inbox, outbox, pairings } = store.channels
  while (!signal.aborted) {
    const now = clock.now()
    const removed =
      (await inbox.prune(now - weekMs)) + (await outbox.prune(now - weekMs)) + (await pairings.prune(now))
    await pause(removed > 0 ? sweepOnMs : sweepMs, signal)
  }
}
