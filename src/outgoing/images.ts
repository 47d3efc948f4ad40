import type { Dispatcher } from 'undici'
import { GatewayError } from '../domain/errors.ts'
import { imageBytesMax } from '../domain/images/image.ts'
import { AddressRefused, checkOutgoingUrl, createGuardedAgent, type GuardOptions } from './guarded-agent.ts'
import type { ClosableImageFetcher } from './lazy-images.ts'

/** What a test sets otherwise. */
export type ImageOptions = Partial<Pick<GuardOptions, 'resolve' | 'connector' | 'allowPrivateNetwork'>> & {
  readonly timeoutMs?: number
}

const fetchMs = 10_000
const connectTimeoutMs = 5_000
const keepAliveMs = 4_000
const connectionsMax = 64

/** Makes the fetcher of images: behind the same guard as webhooks, never into a private network, and closed by `close`. */
export function createImageFetcher(userAgent: string, options: ImageOptions = {}): ClosableImageFetcher {
  const { timeoutMs = fetchMs, allowPrivateNetwork = false, ...guard } = options
  const agent = createGuardedAgent({
    allowPrivateNetwork,
    connectTimeoutMs,
    keepAliveMs,
    connections: connectionsMax,
    ...guard,
  })
  return {
    fetch(text, signal) {
      if (signal.aborted) return Promise.reject(signal.reason)
      let url: URL
      try {
        url = checkOutgoingUrl(text, allowPrivateNetwork)
      } catch (error) {
        return Promise.reject(isRefused(error) ? refused() : error)
      }
      const running = new RunningFetch(timeoutMs, signal)
      const headers = { accept: 'image/png, image/jpeg, image/gif, image/webp', 'user-agent': userAgent }
      const path = `${url.pathname}${url.search}`
      agent.dispatch({ origin: url.origin, path, method: 'GET', headers }, running)
      return running.fetched
    },
    close: () => agent.destroy(),
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && (error instanceof AddressRefused || error.cause instanceof AddressRefused)
}

// No hint at a setting here: whose image it is does not decide where the gateway may go.
function refused(): GatewayError {
  return wrong('leads to an address that is not public, and is not called')
}

function wrong(what: string): GatewayError {
  return new GatewayError('invalid_request', `The URL ${what}.`)
}

/** The handler of one dispatch: it ends by the answer's end, by its own deadline, by the signal, or by too many bytes. */
class RunningFetch implements Dispatcher.DispatchHandler {
  readonly fetched: Promise<Uint8Array>
  readonly #ended = Promise.withResolvers<Uint8Array>()
  readonly #signal: AbortSignal
  readonly #deadline: NodeJS.Timeout
  #controller: Dispatcher.DispatchController | undefined
  #isOver = false
  readonly #pieces: Buffer[] = []
  #bytes = 0

  constructor(timeoutMs: number, signal: AbortSignal) {
    this.fetched = this.#ended.promise
    this.#signal = signal
    this.#deadline = setTimeout(
      () => this.#fail(wrong(`did not give an image within ${timeoutMs / 1000} seconds`)),
      timeoutMs,
    )
    signal.addEventListener('abort', this.#onAbort)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isOver) controller.abort(new Error('nobody waits for this request any more'))
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return
    const type = String(headers['content-type'] ?? '')
    if (status >= 300 && status < 400)
      this.#fail(wrong(`answered with a redirect (${status}), which is not followed`))
    else if (status !== 200) this.#fail(wrong(`answered ${status}`))
    // Servers that do not know what they hold say octet-stream; the bytes tell what it is.
    else if (!/^(?:image\/|(?:application|binary)\/octet-stream\b)/i.test(type) && type !== '')
      this.#fail(wrong('answered with something that is no image'))
    else if (Number(headers['content-length'] ?? 0) > imageBytesMax) this.#fail(tooLarge())
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return
    this.#bytes += chunk.length
    if (this.#bytes > imageBytesMax) this.#fail(tooLarge())
    else this.#pieces.push(Buffer.from(chunk))
  }

  onResponseEnd(): void {
    if (this.#over()) this.#ended.resolve(Buffer.concat(this.#pieces))
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    this.#fail(isRefused(error) ? refused() : wrong('could not be fetched'))
  }

  readonly #onAbort = (): void => this.#fail(this.#signal.reason)

  #fail(error: unknown): void {
    if (!this.#over()) return
    this.#ended.reject(error)
    this.#controller?.abort(new Error('the image is not wanted any more'))
  }

  #over(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    clearTimeout(this.#deadline)
    this.#signal.removeEventListener('abort', this.#onAbort)
    return true
  }
}

function tooLarge(): GatewayError {
  return wrong(`holds more than ${imageBytesMax} bytes`)
}
