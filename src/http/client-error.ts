import type { Socket } from 'node:net'
import { type ErrorCode, GatewayError, statusOfCode } from '../domain/errors.ts'
import type { Ids } from '../domain/ids.ts'
import { errorBody, helpLink } from './errors.ts'

const sentences: Readonly<Partial<Record<ErrorCode, string>>> = {
  headers_too_large: 'The request headers are larger than 16 KiB. Send fewer or shorter ones.',
  request_timeout: 'The request did not arrive in time. Send it faster.',
  invalid_request:
    'This is not a well-formed HTTP/1.1 request. Check its first line, its headers and the length of its body.',
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

const lingerMs = 2_000

/** What a caller was told. */
export interface ClientErrorAnswer {
  readonly code: ErrorCode
  readonly requestId: string
}

/**
 * Answers what Node's HTTP parser refuses with an error of the usual shape, and closes the connection. Returns undefined where there was
 * nobody to be told, or nothing new.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  ids: Ids,
): ClientErrorAnswer | undefined {
  // Answered already: the parser complains once more about each further piece.
  if (socket.writableEnded && !socket.destroyed) return undefined
  // All other codes are of the connection itself, a TLS handshake that failed for example.
  const isOfRequest = /^(?:HPE|ERR_HTTP)_/.test(error.code ?? '')
  if (!isOfRequest || !socket.writable) {
    socket.destroy()
    return undefined
  }
  // A socket closed over unread bytes is reset, and the caller, still sending, would never see the answer.
  setTimeout(() => socket.destroy(), lingerMs).unref()
  const code = codeOf(error)
  const requestId = ids.next('req')
  const body = JSON.stringify(
    errorBody(new GatewayError(code, sentences[code] ?? 'The request is not valid.'), requestId),
  )
  const status = statusOfCode[code]
  socket.end(
    `HTTP/1.1 ${status} ${reasons[status] ?? 'Error'}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nX-Request-Id: ${requestId}\r\nLink: ${helpLink(code)}\r\nConnection: close\r\n\r\n${body}`,
  )
  return { code, requestId }
}

function codeOf(error: NodeJS.ErrnoException): ErrorCode {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return 'headers_too_large'
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'request_timeout'
    default:
      return 'invalid_request'
  }
}
