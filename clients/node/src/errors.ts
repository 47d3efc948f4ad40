/** Everything that this client throws by itself. */
export class OpenClawError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** The gateway could not be reached, or the connection broke. */
export class ConnectionFailedError extends OpenClawError {}

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
  /** The parts of the response with the names that axios has for them. */
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly data: unknown
  }

  constructor(message: string, status: number, body: ErrorBody, headers: Headers) {
    super(message)
    this.status = status
    this.code = body.error ?? 'unknown'
    this.requestId = body.requestId ?? headers.get('x-request-id') ?? undefined
    this.retryAfter = secondsOf(headers.get('retry-after')) ?? body.retryAfter
    this.details = body.details
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
  const kind = byStatus[status] ?? (status >= 500 ? ServerError : BadRequestError)
  const message = body.message ?? `The server at ${url} answered ${status} and not as a gateway does.`
  return new kind(message, status, body, response.headers)
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
    const body: unknown = JSON.parse(text)
    return isErrorBody(body) ? body : {}
  } catch {
    return {}
  }
}

function isErrorBody(body: unknown): body is ErrorBody {
  if (typeof body !== 'object' || body === null) return false
  const { error, message }: { error?: unknown; message?: unknown } = body
  return typeof error === 'string' && typeof message === 'string'
}

function secondsOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
