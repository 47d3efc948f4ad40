import type { ChatOptions } from './client.ts'
import { ApiError, ConnectionFailedError } from './errors.ts'

const retryAfterSecondsMax = 60
const backoffMs = 500
const backoffMsMax = 8_000

/**
 * Returns the body of a chat: without what is the call's own. Without a model the gateway's `models.default` answers. The id that the API
 * guide's own client sends there is retired: its successor may be a model that the gateway's owner has not chosen, or may not be allowed.
 */
export function chatBody(message: string, options: ChatOptions): object {
  const { signal: _, idempotencyKey: __, model, ...fields } = options
  return { message, ...(model === null || model === undefined ? {} : { model }), ...fields }
}

/** Returns an address without a slash or the API's `/api/v1` at its end. Throws `TypeError` for what is none. */
export function checkBaseUrl(baseUrl: string): string {
  const url = URL.canParse(baseUrl) && /^\S*$/.test(baseUrl) ? new URL(baseUrl) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new TypeError('baseUrl must be an address such as http://localhost:18789')
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('baseUrl must hold no user name or password; the token is the second argument')
  }
  if (/[?#]/.test(baseUrl)) throw new TypeError('baseUrl must hold no query and no fragment')
  return baseUrl.replace(/\/+$/, '').replace(/\/api\/v1$/, '')
}

/** Returns a token. Throws `TypeError` for what is none, and in a page for a secret one. */
export function checkToken(token: string, allowSecretInBrowser: boolean): string {
  // Programs without types hand over what their environment lacks.
  if (typeof token !== 'string') throw new TypeError('token must be a string')
  if (/[^\x21-\x7e]/.test(token)) {
    throw new TypeError('token holds a space, a line break or another character that no token has')
  }
  if (isBrowser() && token.startsWith('oc_tok_') && !allowSecretInBrowser) {
    throw new TypeError(
      'This is a secret token, and everybody who opens the page could read it. Have your server ask POST /api/v1/tokens/session for one of 15 minutes, or set allowSecretTokenInBrowser where only you open the page.',
    )
  }
  return token
}

/** Tells whether this runs in a page. */
export function isBrowser(): boolean {
  return 'document' in globalThis && 'window' in globalThis
}

/** Returns how long to wait before another try, or undefined where none makes sense. `attempt` counts from 0. */
export function waitBeforeRetryMs(error: unknown, attempt: number): number | undefined {
  const backoff = Math.min(backoffMsMax, backoffMs * 2 ** attempt) * (0.5 + Math.random() / 2)
  if (error instanceof ConnectionFailedError) return backoff
  if (!(error instanceof ApiError)) return undefined
  const { status, code, retryAfter } = error
  const isPassing = status === 408 || status === 429 || status >= 500 || code === 'idempotency_conflict'
  if (!isPassing || code === 'invalid_output') return undefined
  if (retryAfter === undefined || retryAfter === 0) return backoff
  return retryAfter > retryAfterSecondsMax ? undefined : retryAfter * 1000
}

/** Resolves after `ms`; rejects with the signal's reason. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}

/** Returns a path with a query of what is given. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | null | undefined>>,
): string {
  const pairs = Object.entries(query)
    .filter((pair): pair is [string, string | number] => pair[1] !== undefined && pair[1] !== null)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

/** Returns one piece of a path, whatever it holds. Throws `TypeError` for an empty one. */
export function segment(id: string): string {
  if (id === '') throw new TypeError('an id must not be empty')
  return encodeURIComponent(id)
}
