import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Post, PostError, Posted, Poster } from '../domain/webhooks/post.ts'
import { AddressRefused, checkOutgoingUrl, createGuardedAgent, type GuardOptions } from './guarded-agent.ts'

/** What a test sets otherwise. */
export type PosterOptions = Pick<GuardOptions, 'resolve' | 'connector'>

const connectTimeoutMs = 10_000
const keepAliveMs = 4_000
// Never the queue in which a request waits: each endpoint has its own, and no more than a hundred have five in flight.
const connectionsMax = 1_024
const answerBytesMax = 64 * 1024
const keptBytesMax = 4 * 1024

/** Makes the poster: two guarded agents, one for endpoints that may stand in a private network. */
export function createPoster(options: PosterOptions = {}): Poster {
  const agent = (allowPrivateNetwork: boolean): Dispatcher =>
    createGuardedAgent({
      allowPrivateNetwork,
      connectTimeoutMs,
      keepAliveMs,
      connections: connectionsMax,
      ...options,
    })
  const agents = { open: agent(false), private: agent(true) }
  return {
    post(post, timeoutMs, signal) {
      if (signal.aborted) return Promise.reject(signal.reason)
      const url = allowedUrl(post)
      if (typeof url === 'string') return Promise.resolve({ status: null, error: url, answer: null })
      const running = new RunningPost(timeoutMs, signal)
      const dispatcher = post.allowPrivateNetwork ? agents.private : agents.open
      dispatcher.dispatch(
        {
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: 'POST',
          headers: { ...post.headers },
          body: post.body,
        },
        running,
      )
      return running.posted
    },
    async close() {
      await Promise.all([agents.open.destroy(), agents.private.destroy()])
    },
  }
}

function allowedUrl({ url, allowPrivateNetwork }: Post): URL | PostError {
  try {
    return checkOutgoingUrl(url, allowPrivateNetwork)
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    return cause instanceof AddressRefused ? 'address_refused' : 'url_refused'
  }
}

/** The handler of one dispatch: it ends by the answer's end, by its own deadline, by the signal, or after 64 KiB, whatever comes first. */
class RunningPost implements Dispatcher.DispatchHandler {
  readonly posted: Promise<Posted>
  readonly #ended = Promise.withResolvers<Posted>()
  readonly #signal: AbortSignal
  readonly #deadline: NodeJS.Timeout
  #controller: Dispatcher.DispatchController | undefined
  #isOver = false
  #status: number | null = null
  #headers: IncomingHttpHeaders = {}
  readonly #kept: Buffer[] = []
  #keptBytes = 0
  #readBytes = 0

  constructor(timeoutMs: number, signal: AbortSignal) {
    this.posted = this.#ended.promise
    this.#signal = signal
    this.#deadline = setTimeout(() => this.#cut('timeout'), timeoutMs)
    signal.addEventListener('abort', this.#onAbort)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isOver) controller.abort(new Error('nobody waits for this request any more'))
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return
    if (this.#keptBytes < keptBytesMax) {
      const part = Buffer.from(chunk.subarray(0, keptBytesMax - this.#keptBytes))
      this.#kept.push(part)
      this.#keptBytes += part.length
    }
    this.#readBytes += chunk.length
    if (this.#readBytes > answerBytesMax) this.#cut(null)
  }

  onResponseEnd(): void {
    this.#end(null)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    this.#end(kindOf(error))
  }

  readonly #onAbort = (): void => {
    if (!this.#over()) return
    this.#ended.reject(this.#signal.reason)
    this.#controller?.abort(new Error('the gateway is stopping'))
  }

  #cut(error: PostError | null): void {
    this.#end(error)
    this.#controller?.abort(new Error('the answer is too long or too late'))
  }

  #end(error: PostError | null): void {
    if (!this.#over()) return
    const retryAfter = this.#headers['retry-after']
    this.#ended.resolve({
      status: this.#status,
      error,
      answer: this.#status === null ? null : Buffer.concat(this.#kept).toString('utf8'),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    })
  }

  #over(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    clearTimeout(this.#deadline)
    this.#signal.removeEventListener('abort', this.#onAbort)
    return true
  }
}

const tlsCode = /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|EPROTO$|HOSTNAME_MISMATCH$)/
const dnsCodes = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'ENODATA']
const connectCodes = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT']

function kindOf(error: unknown): PostError {
  if (error instanceof AddressRefused) return 'address_refused'
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (dnsCodes.includes(code)) return 'dns'
  if (connectCodes.includes(code)) return 'connect'
  return tlsCode.test(code) ? 'tls' : 'connection_lost'
}
