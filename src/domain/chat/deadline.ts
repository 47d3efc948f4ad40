import { GatewayError } from '../errors.ts'
import type { ModelTimeouts } from '../settings.ts'

type Timer = ReturnType<typeof setTimeout>

/** Which wait ended a turn, as it stands in the error's `details.deadline`. */
type DeadlineName = 'firstToken' | 'idle' | 'total' | 'stream'

/**
 * The deadlines of one turn: one signal that follows the caller's, and aborts with `provider_timeout` when a wait takes too long.
 * `dispose` must be called when the turn ends.
 */
export class TurnDeadline implements Disposable {
  readonly #controller = new AbortController()
  readonly #timeouts: ModelTimeouts
  readonly #caller: AbortSignal
  readonly #follow: () => void
  #whole: Timer
  #first: Timer | undefined
  #idle: Timer | undefined
  #held = false

  /** `elapsedMs` is how long the caller has waited until now: it counts towards `totalMs`. */
  constructor(caller: AbortSignal, timeouts: ModelTimeouts, stream: boolean, elapsedMs: number) {
    this.#caller = caller
    this.#timeouts = timeouts
    this.#follow = () => this.#controller.abort(caller.reason)
    if (caller.aborted) this.#follow()
    else caller.addEventListener('abort', this.#follow, { once: true })
    this.#whole = this.#after(timeouts.totalMs, 'total', elapsedMs)
    if (stream) this.#first = this.#after(timeouts.firstTokenMs, 'firstToken')
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The first token of a stream came: from now on the pauses between chunks count, and the stream as a whole. */
  firstToken(): void {
    clearTimeout(this.#whole)
    clearTimeout(this.#first)
    this.#whole = this.#after(this.#timeouts.streamMs, 'stream')
    this.#idle = this.#after(this.#timeouts.idleMs, 'idle')
  }

  /** A chunk was handed to the reader: while it holds us back, no pause is the provider's. */
  held(): void {
    this.#held = true
  }

  /** The next chunk is asked for: the provider's pause begins now. */
  waiting(): void {
    this.#held = false
    this.#idle?.refresh()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#whole)
    clearTimeout(this.#first)
    clearTimeout(this.#idle)
    this.#caller.removeEventListener('abort', this.#follow)
  }

  /** Ends what still runs on this signal, for a turn that was left early. */
  abandon(reason: unknown): void {
    this.#controller.abort(reason)
  }

  #after(ms: number, name: DeadlineName, elapsedMs = 0): Timer {
    return setTimeout(
      () => {
        if (name !== 'idle' || !this.#held) this.#controller.abort(timedOut(name, ms))
      },
      Math.max(0, ms - elapsedMs),
    )
  }
}

function timedOut(name: DeadlineName, ms: number): GatewayError {
  const what = {
    firstToken: 'The model did not begin to answer',
    idle: 'The model stopped in the middle of its answer and said nothing more',
    total: 'The model did not answer',
    stream: 'The model did not come to the end of its answer',
  }[name]
  return new GatewayError('provider_timeout', `${what} within ${ms / 1000} seconds (${name} deadline).`, {
    details: { deadline: name },
  })
}
