import { pause } from '../supervise.ts'
import type { UsageStore } from './usage-store.ts'

const betweenStepsMs = 20

/**
 * Removes the usage records from before `before`, in small steps with pauses, until none is left or the signal aborts. Resolves to how many
 * went.
 */
export async function pruneUsage(store: UsageStore, before: number, signal: AbortSignal): Promise<number> {
  let removed = 0
  while (!signal.aborted) {
    const step = await store.prune(before)
    if (step === 0) break
    removed += step
    await pause(betweenStepsMs, signal)
  }
  return removed
}
