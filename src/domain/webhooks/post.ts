/** A request that tells an endpoint of an event. */
export interface Post {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly allowPrivateNetwork: boolean
}

/** Why no answer came. */
export type PostError =
  | 'address_refused'
  | 'url_refused'
  | 'dns'
  | 'connect'
  | 'tls'
  | 'connection_lost'
  | 'timeout'

/** What came of a request. At most 64 KiB of an answer were read. */
export interface Posted {
  /** Null where no answer came. */
  readonly status: number | null
  /** Set where no whole answer came. */
  readonly error: PostError | null
  /** At most the first 4 KiB of the answer, as UTF-8. */
  readonly answer: string | null
  /** The header `Retry-After`. */
  readonly retryAfter?: string
}

/** Sends requests to addresses that somebody else gave. */
export interface Poster {
  /**
   * Sends a request and follows no redirect. Rejects with the signal's reason where that aborts first, and with nothing else. The whole
   * answer, its body too, must come within `timeoutMs`.
   */
  post(post: Post, timeoutMs: number, signal: AbortSignal): Promise<Posted>
  /** Cuts all connections. */
  close(): Promise<void>
}
