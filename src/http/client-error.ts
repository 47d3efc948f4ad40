import type { Socket } from 'node:net'
import { type ErrorCode, GatewayError, statusOfCode } from '../domain/errors.ts'
import type { Ids } from '../domain/ids.ts'
import { errorBody } from './errors.ts'

const sentences: Readonly<Partial<Record<ErrorCode, string>>> = {
  headers_too_large: 'The request headers are larger than 16 KiB.',
  request_timeout: 'The request did not arrive in time. Send it faster.',
  invalid_request: 'This is not a well-formed HTTP/1.1 request.',
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

/** Answers what Node's HTTP parser refuses with an error of the usual shape, and closes the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket, ids: Ids): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const code = codeOf(error)
  const requestId = ids.next('req')
  const body = JSON.stringify(
    errorBody(new GatewayError(code, sentences[code] ?? 'The request is not valid.'), requestId),
  )
  const status = statusOfCode[code]
  socket.end(
    `HTTP/1.1 ${status} ${reasons[status] ?? 'Error'}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nX-Request-Id: ${requestId}\r\nConnection: close\r\n\r\n${body}`,
  )
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
