import type { LimitStore } from '../store.ts'
import type { CountedRequests, RateLimit, RateLimiter } from './rate-limiter.ts'

/** What limits outlive a restart by. */
export interface KeptLimits {
  readonly store: LimitStore
  readonly limiter: RateLimiter
  readonly now: () => number
}

/**
 * Goes on with what an earlier process has counted: what it kept when it stopped, or what the audit says where it was killed. `limitOf`
 * tells a token's limit, or the one for all under the empty key; null where there is none.
 */
export async function restoreLimits(
  { store, limiter, now }: KeptLimits,
  limitOf: (key: string) => RateLimit | null,
  longestWindowMs: number,
): Promise<void> {
  const at = now()
  const kept = await store.take()
  const counted = kept.length > 0 ? kept : await store.ofRecords(at - longestWindowMs)
  limiter.restore(notLater(counted, at), limitOf, at)
}

/** Keeps what is counted for the next process. */
export async function keepLimits({ store, limiter, now }: KeptLimits): Promise<void> {
  await store.save(limiter.counted(now()))
}

// A clock that was ahead must not fill a window until its time comes.
function notLater(counted: CountedRequests, at: number): CountedRequests {
  return counted.map(({ key, entries }) => ({
    key,
    entries: entries.map(([time, count]) => [Math.min(time, at), count] as const),
  }))
}
