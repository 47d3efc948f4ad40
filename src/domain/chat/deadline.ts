import { GatewayError } from '../errors.ts'
import type { ModelTimeouts } from '../settings.ts'

type Timer = ReturnType<typeof setTimeout>

/** Which wait ended a turn, as it stands in the error's `details.deadline`. */
type DeadlineName = 'firstToken' | 'idle' | 'total' | 'stream'

/**
 * The deadlines of one turn: a signal that follows the caller's, and aborts with `provider_timeout` when a wait takes too long. A first
 * token that does not come ends one attempt, anything else the turn. `dispose` must be called when the turn ends.
 */
export class TurnDeadline implements Disposable {
  readonly #timeouts: ModelTimeouts
  readonly #caller: AbortSignal
  readonly #stream: boolean
  readonly #follow: () => void
  #controller = new AbortController()
  #ended: { readonly reason: unknown } | undefined
  #begun = false
  #whole: Timer
  #first: Timer | undefined
  #idle: Timer | undefined
  #held = false

  /** Begins the first attempt. `elapsedMs` is how long the caller has waited until now: it counts towards `totalMs`. */
  constructor(caller: AbortSignal, timeouts: ModelTimeouts, stream: boolean, elapsedMs: number) {
    this.#caller = caller
    this.#timeouts = timeouts
    this.#stream = stream
    this.#follow = () => this.#end(caller.reason)
    if (caller.aborted) this.#follow()
    else caller.addEventListener('abort', this.#follow, { once: true })
    this.#whole = this.#after(timeouts.totalMs, 'total', elapsedMs)
    if (stream) this.#first = this.#after(timeouts.firstTokenMs, 'firstToken')
  }

  /** The signal of the attempt that runs. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** What ended the turn as a whole, where something has. */
  get ended(): { readonly reason: unknown } | undefined {
    return this.#ended
  }

  /** Whether a token of the answer has come. */
  get begun(): boolean {
    return this.#begun
  }

  /** Another attempt begins: it has its own time to the first token, within the turn's. */
  nextAttempt(): void {
    this.#renew()
    clearTimeout(this.#first)
    if (this.#stream && !this.#begun) this.#first = this.#after(this.#timeouts.firstTokenMs, 'firstToken')
    this.waiting()
  }

  /** Waits between two attempts. Rejects with the reason as soon as the turn ends. */
  async pause(ms: number): Promise<void> {
    this.#renew()
    clearTimeout(this.#first)
    this.#held = true
    const { signal } = this
    if (signal.aborted) throw signal.reason
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer)
        reject(signal.reason)
      }
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop)
        resolve()
      }, ms)
      signal.addEventListener('abort', stop, { once: true })
    })
  }

  /** The first token of a stream came: from now on the pauses between chunks count, and the stream as a whole. */
  firstToken(): void {
    if (this.#begun || !this.#stream) return
    this.#begun = true
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

  /** Ends what still runs, for a turn that was left early. */
  abandon(reason: unknown): void {
    this.#end(reason)
  }

  #end(reason: unknown): void {
    this.#ended ??= { reason }
    this.#controller.abort(reason)
  }

  // A first token that did not come has ended the attempt's signal, and not the turn.
  #renew(): void {
    if (this.#ended === undefined && this.#controller.signal.aborted) this.#controller = new AbortController()
  }

  #after(ms: number, name: DeadlineName, elapsedMs = 0): Timer {
    return setTimeout(
      () => {
        if (name === 'firstToken') this.#controller.abort(timedOut(name, ms))
        else if (name !== 'idle' || !this.#held) this.#end(timedOut(name, ms))
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
