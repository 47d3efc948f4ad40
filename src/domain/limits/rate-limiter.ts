import { SlidingWindow } from './sliding-window.ts'

/** So many requests in any window of that length. */
export interface RateLimit {
  readonly maxRequests: number
  readonly windowMs: number
}

/** One limit that a request was measured by, for the reply's headers. */
export interface LimitState {
  readonly policy: 'token' | 'global'
  readonly limit: number
  readonly windowSeconds: number
  readonly remaining: number
  /** Whole seconds until one more request fits than now, at least 1 where nothing remains. */
  readonly resetSeconds: number
}

/** Whether a request may pass, and where its limits stand after it. */
export interface Admission {
  readonly admitted: boolean
  /** Whole seconds, at least 1, after which a request passes; 0 where this one did. */
  readonly retryAfterSeconds: number
  /** The tighter one first. */
  readonly states: readonly LimitState[]
}

/** What a limiter has counted, for a later process to go on with. */
export type CountedRequests = readonly {
  readonly key: string
  readonly entries: readonly (readonly [number, number])[]
}[]

const globalKey = ''
const sweepEvery = 1024

/**
 * Counts the requests of tokens by exact sliding windows. A request passes both its token's limit and the one for all together, and is
 * taken from both or from neither; a refused one lengthens no wait. Keys are tokens that are known to exist, so that their number is
 * bounded; windows that have run empty are forgotten.
 */
export class RateLimiter {
  readonly #windows = new Map<string, SlidingWindow>()
  #sinceSweep = 0

  /** Measures and takes one request in one step: nothing can come between. `global` is null where there is no such limit. */
  admit(tokenId: string, limit: RateLimit, global: RateLimit | null, now: number): Admission {
    if (++this.#sinceSweep >= sweepEvery) this.#sweep(now)
    const own = this.#window(tokenId, limit, now)
    const all = global === null ? undefined : this.#window(globalKey, global, now)
    const admitted = own.remaining(now) > 0 && (all === undefined || all.remaining(now) > 0)
    if (admitted) {
      own.take(now)
      all?.take(now)
    }
    const states = [stateOf('token', own, now)]
    if (all) states.push(stateOf('global', all, now))
    states.sort((a, b) => a.remaining - b.remaining)
    const waits = states.filter((state) => state.remaining === 0).map((state) => state.resetSeconds)
    return { admitted, retryAfterSeconds: admitted ? 0 : Math.max(1, ...waits), states }
  }

  /** What is counted now. */
  counted(now: number): CountedRequests {
    return [...this.#windows]
      .map(([key, window]) => ({ key, entries: window.entries(now) }))
      .filter(({ entries }) => entries.length > 0)
  }

  /** Goes on with what an earlier process has counted. `limitOf` tells a key's limit; the key of the global one is empty. */
  restore(counted: CountedRequests, limitOf: (key: string) => RateLimit | null, now: number): void {
    for (const { key, entries } of counted) {
      const limit = limitOf(key)
      if (limit === null) continue
      const window = this.#window(key, limit, now)
      for (const [time, count] of entries) window.take(time, count)
    }
  }

  // A limit that was changed in the config goes on with what is counted.
  #window(key: string, limit: RateLimit, now: number): SlidingWindow {
    const known = this.#windows.get(key)
    if (known && known.limit === limit.maxRequests && known.windowMs === limit.windowMs) return known
    const window = new SlidingWindow(limit.maxRequests, limit.windowMs)
    for (const [time, count] of known?.entries(now) ?? []) window.take(time, count)
    this.#windows.set(key, window)
    return window
  }

  #sweep(now: number): void {
    this.#sinceSweep = 0
    for (const [key, window] of this.#windows) if (window.isEmpty(now)) this.#windows.delete(key)
  }
}

function stateOf(policy: 'token' | 'global', window: SlidingWindow, now: number): LimitState {
  const remaining = window.remaining(now)
  return {
    policy,
    limit: window.limit,
    windowSeconds: Math.ceil(window.windowMs / 1000),
    remaining,
    resetSeconds: Math.max(remaining === 0 ? 1 : 0, Math.ceil(window.refillMs(now) / 1000)),
  }
}
