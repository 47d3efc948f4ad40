import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, GatewayError, statusOfCode } from '../domain/errors.ts'
import type { Log } from '../domain/log.ts'
import { doorOf } from './doors/doors.ts'
import { sentenceOfValidation } from './validation.ts'

/** The body of every error. */
export interface ErrorBody {
  readonly error: string
  readonly message: string
  readonly requestId: string
  readonly retryAfter?: number
  readonly details?: Readonly<Record<string, unknown>>
}

/** Returns what a caller is shown of an error. */
export function errorBody(error: GatewayError, requestId: string): ErrorBody {
  return {
    error: error.code,
    message: error.message,
    requestId,
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfter: error.retryAfterSeconds }),
    ...(error.details === undefined ? {} : { details: error.details }),
  }
}

/** Returns the value of the header `Link` (RFC 8288) that leads from an error to what the documentation says of its code. */
export function helpLink(code: ErrorCode): string {
  return `</docs/errors#${code}>; rel="help"`
}

/** Answers with an error: its own status, its headers, its body. */
export function sendError(request: FastifyRequest, reply: FastifyReply, error: GatewayError): FastifyReply {
  request.gateway.error = error.code
  if (error.retryAfterSeconds !== undefined) reply.header('Retry-After', String(error.retryAfterSeconds))
  if (error.code === 'unauthorized') reply.header('WWW-Authenticate', 'Bearer')
  reply.header('Link', helpLink(error.code))
  return reply
    .code(statusOfCode[error.code])
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(bodyOf(request, error)))
}

// A client made for another API reads errors in that one's shape.
function bodyOf(request: FastifyRequest, error: GatewayError): object {
  const door = doorOf(request)
  return door ? door.error(error, statusOfCode[error.code], request.id) : errorBody(error, request.id)
}

/** Makes anything thrown into an error that can be shown; what nobody expected goes to the log by its kind alone. */
export function toGatewayError(error: unknown, requestId: string, log: Log): GatewayError {
  if (error instanceof GatewayError) {
    if (error.code === 'internal_error') logCause(error.cause, requestId, log)
    return error
  }
  const known = isFastifyError(error) ? ofFastify(error) : undefined
  if (known) return known
  logCause(error, requestId, log)
  return new GatewayError(
    'internal_error',
    `Something went wrong inside the gateway. It is in the log under request id ${requestId}.`,
    { cause: error },
  )
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && ('validation' in error || 'code' in error)
}

function ofFastify(error: FastifyError): GatewayError | undefined {
  if (error.validation) {
    const { message, details } = sentenceOfValidation(error.validation[0], error.validationContext ?? 'body')
    return new GatewayError('invalid_request', message, { details })
  }
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new GatewayError(
        'unsupported_media_type',
        'Send the body as JSON with Content-Type: application/json.',
      )
    case 'FST_ERR_BAD_URL':
      return new GatewayError('invalid_request', 'The URL is not valid: check its percent-encoding.')
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new GatewayError('invalid_request', 'The URL is not valid: an id in its path is too long.')
    default:
      return undefined
  }
}

// The kind and place of an error, never its message: foreign errors carry prompts and keys.
function logCause(cause: unknown, requestId: string, log: Log): void {
  const error = cause instanceof Error ? cause : undefined
  const frames = error?.stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? []
  log('error', 'internal error', {
    requestId,
    kind: error ? error.name : typeof cause,
    code: error && 'code' in error ? String(error.code) : undefined,
    at: frames
      .slice(0, 4)
      .map((line) => line.trim())
      .join(' < '),
  })
}
