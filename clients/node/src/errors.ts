const secondsMax = 999_999_999

/** Everything that this client throws by itself. */
export class OpenClawError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** The gateway could not be reached, or the connection broke. */
export class ConnectionFailedError extends OpenClawError {
  /** The system's code, for example `ECONNREFUSED`, where there is one. */
  readonly code: string | undefined

  constructor(message: string, code?: string) {
    super(message)
    this.code = code
  }
}

/** The gateway said nothing within the timeout. */
export class TimedOutError extends ConnectionFailedError {}

/** A delivery that is not the gateway's, or too old. */
export class WebhookVerificationError extends OpenClawError {}

/** The body of an error as the API sends it. */
export interface ErrorBody {
  readonly error?: string
  readonly message?: string
  readonly requestId?: string
  readonly retryAfter?: number
  readonly details?: Readonly<Record<string, unknown>>
}

/** The gateway refused or failed. `message` says what to do. Nothing of it holds the token. */
export class ApiError extends OpenClawError {
  readonly status: number
  /** One of the API's closed list, for example `rate_limit_exceeded`. */
  readonly code: string
  /** The id to look for in the gateway's log and audit. */
  readonly requestId: string | undefined
  /** Whole seconds after which a new try makes sense. */
  readonly retryAfter: number | undefined
  readonly details: Readonly<Record<string, unknown>> | undefined
  /** The page of the gateway that says what to do about the code. */
  readonly docUrl: string | undefined
  /** The parts of the response with the names that axios has for them. */
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly data: unknown
  }

  constructor(message: string, status: number, body: ErrorBody, headers: Headers, url = '') {
    super(message)
    this.status = status
    this.code = body.error ?? 'unknown'
    this.requestId = body.requestId ?? headers.get('x-request-id') ?? undefined
    this.retryAfter = secondsOf(headers.get('retry-after'), headers.get('date')) ?? body.retryAfter
    this.details = body.details
    this.docUrl = helpOf(headers.get('link'), url)
    this.response = { status, headers: Object.fromEntries(headers), data: body }
  }
}

/** 400, 413, 415, 422: the request is wrong. */
export class BadRequestError extends ApiError {}
/** 401: no token, or one that is wrong, expired or revoked. */
export class AuthenticationError extends ApiError {}
/** 402: the token's budget is used up. */
export class BudgetExceededError extends ApiError {}
/** 403: the token may not do this. */
export class PermissionDeniedError extends ApiError {}
/** 404: there is no such thing that this token can see. */
export class NotFoundError extends ApiError {}
/** 409: the id is taken, or the same request still runs. */
export class ConflictError extends ApiError {}
/** 429: too many requests; `retryAfter` says when the next one passes. */
export class RateLimitError extends ApiError {}
/** 5xx: the gateway, a model provider or a channel failed. */
export class ServerError extends ApiError {}
/** A stream that ended with an `error` event, or without any end. */
export class StreamError extends ApiError {}

const byStatus: Readonly<Record<number, typeof ApiError>> = {
  401: AuthenticationError,
  402: BudgetExceededError,
  403: PermissionDeniedError,
  404: NotFoundError,
  409: ConflictError,
  429: RateLimitError,
}

/** Makes the error for an answer that is not 2xx. */
export async function apiError(response: Response, url: string): Promise<ApiError> {
  const body = errorBodyOf(await response.text().catch(() => ''))
  const { status } = response
  if (status < 400) return redirected(response, url)
  const kind = byStatus[status] ?? (status >= 500 ? ServerError : BadRequestError)
  return new kind(body.message ?? foreignWords(status, url), status, body, response.headers, response.url)
}

/** Makes the error for an answer that is 2xx and no gateway's: the page of a proxy, JSON of another shape, nothing. */
export function foreignAnswer(response: Response, url: string): ApiError {
  return new ApiError(foreignWords(response.status, url), response.status, {}, response.headers)
}

function foreignWords(status: number, url: string): string {
  return `The server at ${url} answered ${status} and not as a gateway does: check the address, and what stands before the gateway.`
}

// In a page the status of a redirect is 0.
function redirected(response: Response, url: string): ApiError {
  const message = `The server at ${url} redirects (${response.status}). The token would go along, so that is not followed: give the client the address that it leads to.`
  return new ApiError(message, response.status, {}, response.headers)
}

/** Makes the error for an `error` event. */
export function streamError(event: ErrorBody, response: Response): StreamError {
  return new StreamError(event.message ?? 'The stream failed.', response.status, event, response.headers)
}

/** Makes the error for a stream that ended without `done` or `error`. */
export function cutShort(response: Response): StreamError {
  const message = 'The stream was cut before its end: what has come is not the whole reply.'
  return new StreamError(message, response.status, { error: 'stream_interrupted' }, response.headers)
}

function errorBodyOf(text: string): ErrorBody {
  try {
    return errorBodyIn(JSON.parse(text))
  } catch {
    return {}
  }
}

// What has another type than the API's is left out.
function errorBodyIn(body: unknown): ErrorBody {
  if (!isRecord(body)) return {}
  const { error, message, requestId, retryAfter, details } = body
  if (typeof error !== 'string' || typeof message !== 'string') return {}
  return {
    error,
    message,
    ...(typeof requestId === 'string' ? { requestId } : {}),
    ...(Number.isSafeInteger(retryAfter) && Number(retryAfter) >= 0
      ? { retryAfter: Number(retryAfter) }
      : {}),
    ...(isRecord(details) ? { details } : {}),
  }
}

/** Tells whether a value is a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// The gateway does not know by which address it was called (https://www.rfc-editor.org/rfc/rfc8288).
function helpOf(link: string | null, url: string): string | undefined {
  const path = /^<(\/[^<>]*)>; rel="help"$/.exec(link ?? '')?.[1]
  return path === undefined ? undefined : `${url.split('/api/v1/')[0]}${path}`
}

// Seconds, or a date, which counts by the server's own clock (https://www.rfc-editor.org/rfc/rfc9110#name-retry-after).
function secondsOf(text: string | null, now: string | null): number | undefined {
  if (text === null) return undefined
  if (/^\d+$/.test(text)) return Math.min(Number(text), secondsMax)
  const until = dateOf(text)
  if (until === undefined) return undefined
  return Math.min(Math.max(0, Math.ceil((until - (dateOf(now) ?? Date.now())) / 1000)), secondsMax)
}

// `Date` alone would take "-5" for a day in May.
function dateOf(text: string | null): number | undefined {
  if (text === null || !/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text))
    return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}
