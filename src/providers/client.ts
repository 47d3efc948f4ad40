import Pool from 'undici/lib/dispatcher/pool.js'
import { GatewayError } from '../domain/errors.ts'
import { type Answer, exchange } from './exchange.ts'

/** One provider's root, over a pool of connections of its own. */
export interface Client {
  /** Sends to a path below the root. Rejects as `exchange` does. */
  send(request: ClientRequest, signal: AbortSignal): Promise<Answer>
  /** Lets what runs finish, then closes every connection. A request that comes later, of a turn under way, is served as well. */
  close(): Promise<void>
}

/** A request relative to a provider's root. */
export interface ClientRequest {
  readonly method: 'GET' | 'POST'
  /** Begins with `/`. */
  readonly path: string
  /** In place of the root's own, where that has one. */
  readonly query?: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly connectTimeoutMs: number
}

// Turns are bounded elsewhere, so the pool must never be the queue in which they wait; this only stops a runaway.
const connectionsMax = 2048
// An attempt that nobody waits for any more ends after this; each request has its own, shorter deadline.
const abandonedConnectMs = 30_000
// A handshake with a far provider costs two or three round trips, so its connection is kept for the next turn of a person who types.
// Local servers connect in no time, and several of them (uvicorn: 5 s) hang up early.
const keepAliveMs = { 'https:': 60_000, 'http:': 4000 } as const

/** Makes a client for a root such as `https://api.openai.com/v1`. Throws `invalid_request` where that is no http or https URL. */
export function createClient(name: string, baseUrl: string): Client {
  const root = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (root === undefined || (root.protocol !== 'https:' && root.protocol !== 'http:')) {
    throw new GatewayError(
      'invalid_request',
      `The baseUrl of provider ${name} must be an http:// or https:// URL.`,
    )
  }
  const prefix = root.pathname.replace(/\/+$/, '')
  const keepAliveTimeout = keepAliveMs[root.protocol]
  const open = (): Pool =>
    new Pool(root.origin, {
      connections: connectionsMax,
      pipelining: 1,
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout,
      connect: { timeout: abandonedConnectMs, signal: sockets.signal },
    })
  let sockets = new AbortController()
  let pool: Pool | undefined
  let running = 0
  let closed: PromiseWithResolvers<void> | undefined
  // Not the pool's own close: that waits for connections too which nobody waits for any more.
  const closeIfIdle = (): void => {
    if (closed === undefined || running > 0) return
    const last = pool
    pool = undefined
    void (last?.destroy() ?? Promise.resolve()).then(closed.resolve)
    // Those that still connect are not the pool's yet, and would keep the process alive.
    sockets.abort()
    sockets = new AbortController()
  }
  const settled = (): void => {
    running--
    // The pool still works on the request whose end this is.
    if (closed !== undefined) setImmediate(closeIfIdle)
  }
  return {
    send(request, signal) {
      if (signal.aborted) return Promise.reject(signal.reason)
      const search = request.query === undefined ? root.search : `?${new URLSearchParams(request.query)}`
      pool ??= open()
      running++
      return exchange(pool, { ...request, path: `${prefix}${request.path}${search}` }, signal, settled)
    },
    close() {
      closed ??= Promise.withResolvers()
      closeIfIdle()
      return closed.promise
    },
  }
}
