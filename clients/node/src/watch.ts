import { connectionFailed } from './connection-failed.ts'
import { OpenClawError, TimedOutError } from './errors.ts'

/** The patience of one call: its signal aborts with the caller's, or after so long a silence. */
export class Watch {
  readonly #controller = new AbortController()
  readonly #timeoutMs: number
  readonly #caller: AbortSignal | undefined
  readonly #follow = (): void => this.#controller.abort(this.#caller?.reason)
  #timer: ReturnType<typeof setTimeout> | undefined
  #isLate = false

  constructor(timeoutMs: number, caller: AbortSignal | undefined) {
    this.#timeoutMs = timeoutMs
    this.#caller = caller
    if (caller?.aborted) this.#follow()
    else caller?.addEventListener('abort', this.#follow, { once: true })
    this.heard()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The gateway said something: its silence begins anew. */
  heard(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#isLate = true
      this.#controller.abort()
    }, this.#timeoutMs)
  }

  /** Resolves as the work does; its failure becomes one of this client's errors, or the caller's own reason to stop. */
  async guard<T>(work: Promise<T>, baseUrl: string): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (error instanceof OpenClawError) throw error
      if (this.#caller?.aborted) throw this.#caller.reason
      if (this.#isLate) throw new TimedOutError(`${baseUrl} said nothing within ${this.#timeoutMs / 1000} s.`)
      throw connectionFailed(error, baseUrl)
    }
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#caller?.removeEventListener('abort', this.#follow)
  }

  /** Ends the connection. */
  abort(): void {
    this.end()
    this.#controller.abort()
  }
}
