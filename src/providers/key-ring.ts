/** A key of a provider, with the headers that carry it. */
export interface Key {
  readonly headers: Readonly<Record<string, string>>
}

interface Slot {
  readonly key: Key
  /** Not used before, on the ring's clock. */
  asideUntil: number
}

const limitedMsDefault = 60_000
const refusedMs = 300_000

/**
 * The keys of one provider, used in turn. One that is refused or over its limit is set aside for a while, but never the last one that is
 * usable.
 */
export class KeyRing {
  readonly #first: Key
  readonly #slots: readonly Slot[]
  readonly #now: () => number
  #next = 0

  /** `headersOf` writes the headers for a key; without any key there is one set of headers. `now` counts milliseconds. */
  constructor(
    keys: readonly string[],
    headersOf: (key: string | undefined) => Readonly<Record<string, string>>,
    now: () => number = () => performance.now(),
  ) {
    const [first, ...others] = keys
    this.#first = { headers: headersOf(first) }
    const rest = others.map((key) => ({ headers: headersOf(key) }))
    this.#slots = [this.#first, ...rest].map((key) => ({ key, asideUntil: 0 }))
    this.#now = now
  }

  /** Returns the key for the next request. */
  take(): Key {
    const slots = this.#slots
    const now = slots.length === 1 ? 0 : this.#now()
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[(this.#next + i) % slots.length]
      if (slot === undefined || slot.asideUntil > now) continue
      this.#next = (this.#next + i + 1) % slots.length
      return slot.key
    }
    return this.#first
  }

  /**
   * Notes what a status says about a key: 401 sets it aside for five minutes, 429 for `retryAfterMs` or a minute. Returns whether another
   * key is usable now, for these two; false for any other status.
   */
  note(key: Key, status: number, retryAfterMs: number | undefined): boolean {
    if (status !== 401 && status !== 429) return false
    const now = this.#now()
    const others = this.#slots.some((slot) => slot.key !== key && slot.asideUntil <= now)
    if (!others) return false
    const slot = this.#slots.find((candidate) => candidate.key === key)
    const ms = status === 401 ? refusedMs : (retryAfterMs ?? limitedMsDefault)
    if (slot !== undefined) slot.asideUntil = Math.max(slot.asideUntil, now + ms)
    return true
  }
}
