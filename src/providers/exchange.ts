import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'

/** One HTTP request to a provider. */
export interface ExchangeRequest {
  readonly method: 'GET' | 'POST'
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Milliseconds until a connection must be there. */
  readonly connectTimeoutMs: number
}

/** A provider's answer, its body still unread. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: AnswerBody
}

/** A body that is pulled. Nothing is read from the socket while 64 KiB wait to be pulled. */
export interface AnswerBody {
  /** Resolves to what has come, undefined at the end. Rejects with `TransportError`, or the signal's reason. One call at a time. */
  next(): Promise<Buffer | undefined>
  /** Says that the rest does not matter: it is thrown away, and the connection used again if its end comes soon. */
  release(): void
  /** Ends the connection at once. Does nothing after the end. */
  cancel(): void
}

/** How far an exchange had come when it failed. */
export type ExchangePhase = 'connect' | 'headers' | 'body'

/** A connection that failed. `cause` is the foreign error; it must not be shown. */
export class TransportError extends Error {
  readonly phase: ExchangePhase
  /** The system's or the HTTP client's code, `CONNECT_TIMEOUT` for our own deadline. */
  readonly code: string

  constructor(phase: ExchangePhase, code: string, cause: unknown) {
    super(`transport failed in phase ${phase} (${code})`, { cause })
    this.name = 'TransportError'
    this.phase = phase
    this.code = code
  }
}

const queueBytesMax = 64 * 1024
const discardBytesMax = 64 * 1024
const discardMs = 1000

/**
 * Sends a request and resolves with the head of its answer. Rejects with `TransportError`; with the signal's reason as soon as that
 * aborts, in whatever state, and then the socket is closed. `onSettled` is called once, when nothing more will come of it; the signal must
 * not have aborted before.
 */
export function exchange(
  pool: Dispatcher,
  request: ExchangeRequest,
  signal: AbortSignal,
  onSettled: () => void,
): Promise<Answer> {
  const running = new Exchange(request.connectTimeoutMs, signal, onSettled)
  try {
    pool.dispatch(
      {
        method: request.method,
        path: request.path,
        headers: { ...request.headers },
        body: request.body ?? null,
      },
      running,
    )
  } catch (error) {
    running.fail(error)
  }
  return running.answer
}

/**
 * The handler of one dispatch. `Dispatcher.request` is not used because it does not tell when the connection is there, cannot be
 * aborted before that, and wraps the body in a stream that costs as much as the rest of the work on a chunk.
 */
class Exchange implements Dispatcher.DispatchHandler, AnswerBody {
  readonly answer: Promise<Answer>
  readonly #signal: AbortSignal
  readonly #answered = Promise.withResolvers<Answer>()
  #phase: ExchangePhase = 'connect'
  #controller: Dispatcher.DispatchController | undefined
  #timer: NodeJS.Timeout | undefined
  #chunks: Buffer[] = []
  #queuedBytes = 0
  #ended = false
  #failure: { readonly reason: unknown } | undefined
  #discarding = false
  #wake: (() => void) | undefined
  readonly #onSettled: () => void

  constructor(connectTimeoutMs: number, signal: AbortSignal, onSettled: () => void) {
    this.#onSettled = onSettled
    this.answer = this.#answered.promise
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort)
    this.#timer = setTimeout(
      () => this.#stop(new TransportError('connect', 'CONNECT_TIMEOUT', undefined)),
      connectTimeoutMs,
    )
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#failure !== undefined) {
      controller.abort(new Error('nobody waits for this request any more'))
      return
    }
    this.#controller = controller
    this.#phase = 'headers'
    clearTimeout(this.#timer)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return
    this.#phase = 'body'
    this.#answered.resolve({ status, headers, body: this })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#queuedBytes += chunk.length
    if (this.#discarding) {
      if (this.#queuedBytes > discardBytesMax) this.cancel()
      return
    }
    this.#chunks.push(chunk)
    if (this.#queuedBytes >= queueBytesMax) controller.pause()
    this.#wake?.()
  }

  onResponseEnd(): void {
    if (this.#ended || this.#failure !== undefined) return
    this.#ended = true
    this.#settle()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error)
  }

  async next(): Promise<Buffer | undefined> {
    while (this.#chunks.length === 0) {
      if (this.#failure !== undefined) throw this.#failure.reason
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const chunks = this.#chunks
    this.#chunks = []
    this.#queuedBytes = 0
    if (this.#controller?.paused) this.#controller.resume()
    const only = chunks.length === 1 ? chunks[0] : undefined
    return only ?? Buffer.concat(chunks)
  }

  release(): void {
    if (this.#ended || this.#failure !== undefined) return
    this.#discarding = true
    this.#chunks = []
    this.#queuedBytes = 0
    this.#timer = setTimeout(() => this.cancel(), discardMs).unref()
    this.#controller?.resume()
  }

  cancel(): void {
    this.#stop(new Error('the rest of the answer is not wanted'))
  }

  fail(error: unknown): void {
    if (this.#ended || this.#failure !== undefined) return
    this.#failure = {
      reason: error instanceof TransportError ? error : new TransportError(this.#phase, codeOf(error), error),
    }
    this.#settle()
  }

  readonly #onAbort = (): void => this.#stop(this.#signal.reason)

  // What has come but was not pulled is dropped: whoever stops does not want it.
  #stop(reason: unknown): void {
    if (this.#ended || this.#failure !== undefined) return
    this.#failure = { reason }
    this.#chunks = []
    this.#controller?.abort(new Error('stopped'))
    this.#settle()
  }

  #settle(): void {
    clearTimeout(this.#timer)
    this.#signal.removeEventListener('abort', this.#onAbort)
    if (this.#failure !== undefined) this.#answered.reject(this.#failure.reason)
    this.#wake?.()
    this.#onSettled()
  }
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : 'UNKNOWN'
}
