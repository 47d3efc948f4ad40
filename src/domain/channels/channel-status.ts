import type { Clock } from '../clock.ts'

/** How a channel is, for people and programs. */
export interface ChannelHealth {
  readonly status: 'connecting' | 'connected' | 'disconnected'
  /** Since when, in milliseconds since the epoch. */
  readonly since: number
  /** When the platform was last heard. */
  readonly lastProofAt: number | null
  /** In words; it stays when the channel is connected again. */
  readonly lastError: string | null
  /** What a person must do. */
  readonly remedy: string | null
}

/** A change of a channel's status to or from `connected`. */
export interface ChannelEdge {
  readonly status: 'connected' | 'disconnected'
  readonly reason: string
}

/**
 * The truth about one channel: it is connected only while the platform was heard within the time that the channel promised. `onEdge` is
 * told of each change once, in order.
 */
export class ChannelStatus implements Disposable {
  readonly #clock: Clock
  readonly #name: string
  readonly #onEdge: (edge: ChannelEdge) => void
  #state: ChannelHealth
  #silenceMsMax = 0
  #heardAt = 0
  /** It was silent for too long: the next sign of life makes it connected again. */
  #isSilent = false
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `name` is how people call the platform. */
  constructor(name: string, clock: Clock, onEdge: (edge: ChannelEdge) => void) {
    this.#name = name
    this.#clock = clock
    this.#onEdge = onEdge
    this.#state = {
      status: 'connecting',
      since: clock.now(),
      lastProofAt: null,
      lastError: null,
      remedy: null,
    }
  }

  get state(): ChannelHealth {
    return this.#state
  }

  /** The platform lets us in. */
  connected(silenceMsMax: number): void {
    this.#silenceMsMax = silenceMsMax
    this.#heard()
    this.#enter()
  }

  /** The platform was heard. Counts only while the link stands. */
  alive(): void {
    if (this.#state.status === 'connected') this.#heard()
    else if (this.#isSilent) {
      this.#heard()
      this.#enter()
    }
  }

  /** The link is gone, or cannot be made. */
  disconnected(reason: string, remedy?: string): void {
    this.#isSilent = false
    this.#leave(reason, remedy ?? null)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isSilent = false
  }

  #enter(): void {
    this.#isSilent = false
    if (this.#state.status === 'connected') return
    this.#state = { ...this.#state, status: 'connected', since: this.#clock.now(), remedy: null }
    this.#onEdge({ status: 'connected', reason: `Connected to ${this.#name}.` })
  }

  #leave(reason: string, remedy: string | null): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const wasDown = this.#state.status === 'disconnected'
    const since = wasDown ? this.#state.since : this.#clock.now()
    this.#state = { ...this.#state, status: 'disconnected', since, lastError: reason, remedy }
    if (!wasDown) this.#onEdge({ status: 'disconnected', reason })
  }

  #heard(): void {
    this.#heardAt = this.#clock.monotonic()
    this.#state = { ...this.#state, lastProofAt: this.#clock.now() }
    this.#timer ??= this.#watchAfter(this.#silenceMsMax)
  }

  // One timer runs on from proof to proof: a platform that is heard a thousand times a second costs nothing.
  #watchAfter(ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(
      () => {
        this.#timer = undefined
        const leftMs = this.#heardAt + this.#silenceMsMax - this.#clock.monotonic()
        if (leftMs > 0) {
          this.#timer = this.#watchAfter(leftMs)
          return
        }
        this.#isSilent = true
        const seconds = Math.round(this.#silenceMsMax / 1000)
        this.#leave(`Nothing was heard from ${this.#name} for ${seconds} seconds.`, null)
      },
      Math.max(1, ms),
    )
  }
}
