import { SlidingWindow } from './sliding-window.ts'

const failuresMax = 60
const windowMs = 60_000
const addressesMax = 10_000

/** Counts failed logins by address: 60 in any minute. Remembers the 10,000 addresses that failed last. */
export class FailedLogins {
  readonly #windows = new Map<string, SlidingWindow>()

  /** How many addresses are remembered. */
  get size(): number {
    return this.#windows.size
  }

  /** Notes one failure. Returns 0, or the whole seconds to wait where there were too many; a refused one lengthens no wait. */
  note(address: string, now: number): number {
    const window = this.#windows.get(address) ?? new SlidingWindow(failuresMax, windowMs)
    // Put last again: a Map keeps the order of insertion, so the first one is the one that failed longest ago.
    this.#windows.delete(address)
    this.#windows.set(address, window)
    if (this.#windows.size > addressesMax) this.#forgetOldest()
    if (window.remaining(now) === 0) return Math.max(1, Math.ceil(window.refillMs(now) / 1000))
    window.take(now)
    return 0
  }

  // Many at once: each walk over a Map begins by skipping what was deleted from its front.
  #forgetOldest(): void {
    let left = addressesMax / 10
    for (const address of this.#windows.keys()) {
      if (left-- <= 0) return
      this.#windows.delete(address)
    }
  }
}
