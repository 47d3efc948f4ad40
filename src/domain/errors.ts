/** Every error code that the API can answer with, and the HTTP status that it means. The list is closed. */
export const statusOfCode = {
  invalid_request: 400,
  prompt_rejected: 400,
  unauthorized: 401,
  budget_exceeded: 402,
  insufficient_scope: 403,
  ip_not_allowed: 403,
  origin_not_allowed: 403,
  not_found: 404,
  model_not_found: 404,
  channel_not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  conflict: 409,
  idempotency_conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  misdirected_host: 421,
  idempotency_mismatch: 422,
  rate_limit_exceeded: 429,
  headers_too_large: 431,
  internal_error: 500,
  provider_error: 502,
  invalid_output: 502,
  channel_error: 502,
  provider_unavailable: 503,
  channel_disconnected: 503,
  overloaded: 503,
  shutting_down: 503,
  provider_timeout: 504,
} as const

/** One of the closed list of codes that callers can switch on. */
export type ErrorCode = keyof typeof statusOfCode

/** What a {@link GatewayError} carries beside its code and its sentence. */
export interface GatewayErrorOptions {
  /** What must not be shown: goes to the log only. */
  readonly cause?: unknown
  /** Whole seconds, at least 1, after which a new try makes sense. */
  readonly retryAfterSeconds?: number
  /** Structured facts that are safe to show, for example `{field: "max_tokens", didYouMean: "maxTokens"}`. */
  readonly details?: Readonly<Record<string, unknown>>
}

/**
 * The only error that crosses from the domain to an edge. `message` is a sentence that the caller can act on and is always safe to
 * show: no secret, no URL with credentials, no SQL, no stack. What must not be shown goes in `cause`.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly retryAfterSeconds: number | undefined
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    // What a caller did wrong needs no stack, and a flood of refusals must stay cheap.
    const { stackTraceLimit } = Error
    if (code !== 'internal_error') Error.stackTraceLimit = 0
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    Error.stackTraceLimit = stackTraceLimit
    this.name = 'GatewayError'
    this.code = code
    this.retryAfterSeconds = options.retryAfterSeconds
    this.details = options.details
  }
}

/** Throws `not_found` for a thing named in the API's own words, for example `notFound('conversation', 'conv_1')`. */
export function notFound(what: string, id: string): never {
  throw new GatewayError('not_found', `There is no ${what} ${JSON.stringify(id)} that this token can see.`)
}
