// A power of two, as every later size: positions wrap by a mask.
const ringSlotsFirst = 4

/**
 * An exact sliding-window log: never more than `limit` takings in any window of `windowMs`. Takings of one millisecond share a slot, so
 * that a window holds at most `min(limit, windowMs)` slots of about 12 bytes; slots are allocated as they are used.
 */
export class SlidingWindow {
  readonly limit: number
  readonly windowMs: number
  #times: number[] = zeros(ringSlotsFirst)
  #counts: number[] = zeros(ringSlotsFirst)
  #first = 0
  #slots = 0
  #used = 0

  constructor(limit: number, windowMs: number) {
    this.limit = limit
    this.windowMs = windowMs
  }

  /** How many more could be taken now. */
  remaining(now: number): number {
    this.#forget(now)
    return Math.max(0, this.limit - this.#used)
  }

  /** Milliseconds until one more can be taken than now, 0 where nothing is taken. */
  refillMs(now: number): number {
    this.#forget(now)
    if (this.#slots === 0) return 0
    const mask = this.#times.length - 1
    let slot = this.#first
    // Above 0 where the config has lowered the limit: then more than the oldest slot must run out.
    let over = this.#used - this.limit
    while (over > 0 && over >= (this.#counts[slot] ?? 0)) {
      over -= this.#counts[slot] ?? 0
      slot = (slot + 1) & mask
    }
    return (this.#times[slot] ?? 0) + this.windowMs - now
  }

  /** Takes one. The caller has seen that `remaining` is above 0. A clock that ran backwards counts as standing still. */
  take(now: number, count = 1): void {
    const mask = this.#times.length - 1
    const last = (this.#first + this.#slots - 1) & mask
    const lastTime = this.#slots === 0 ? Number.NEGATIVE_INFINITY : (this.#times[last] ?? 0)
    this.#used += count
    if (lastTime >= now) {
      this.#counts[last] = (this.#counts[last] ?? 0) + count
      return
    }
    if (this.#slots === this.#times.length) this.#grow()
    const slot = (this.#first + this.#slots) & (this.#times.length - 1)
    this.#times[slot] = now
    this.#counts[slot] = count
    this.#slots++
  }

  /** True where nothing is taken any more: the window can be forgotten. */
  isEmpty(now: number): boolean {
    this.#forget(now)
    return this.#slots === 0
  }

  /** What is taken, oldest first, as pairs of time and count: for another process to go on with. */
  entries(now: number): readonly (readonly [number, number])[] {
    this.#forget(now)
    return Array.from({ length: this.#slots }, (_, i) => {
      const slot = (this.#first + i) & (this.#times.length - 1)
      return [this.#times[slot] ?? 0, this.#counts[slot] ?? 0]
    })
  }

  #forget(now: number): void {
    const mask = this.#times.length - 1
    while (this.#slots > 0 && (this.#times[this.#first] ?? 0) + this.windowMs <= now) {
      this.#used -= this.#counts[this.#first] ?? 0
      this.#first = (this.#first + 1) & mask
      this.#slots--
    }
  }

  #grow(): void {
    const size = this.#times.length
    const times = zeros(size * 2)
    const counts = zeros(size * 2)
    for (let i = 0; i < this.#slots; i++) {
      const slot = (this.#first + i) & (size - 1)
      times[i] = this.#times[slot] ?? 0
      counts[i] = this.#counts[slot] ?? 0
    }
    this.#times = times
    this.#counts = counts
    this.#first = 0
  }
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0)
}
