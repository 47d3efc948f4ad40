import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../domain/errors.ts'

/**
 * Gathers a request's body, at most `bytesMax` of it, and tells `done` once: with the bytes, with `payload_too_large` as soon as the body
 * says or shows that it is longer, or with `invalid_request` where it ends before its end. The bytes are valid during the call alone.
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  done: (error: GatewayError | undefined, bytes: Buffer) => void,
): void {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
    done(tooLarge(), nothing)
    return
  }
  // One buffer that doubles: a list of pieces would cost hundreds of bytes for each byte that is sent as a chunk of its own.
  let bytes: Buffer = nothing
  let length = 0
  const finish = (error: GatewayError | undefined): void => {
    request.off('data', take)
    request.off('end', end)
    request.off('error', cut)
    if (error) done(error, nothing)
    else done(undefined, bytes.subarray(0, length))
  }
  const take = (piece: Buffer): void => {
    const start = length
    length += piece.length
    if (length > bytesMax) {
      finish(tooLarge())
    } else if (start === 0) {
      bytes = piece
    } else {
      if (length > bytes.length)
        bytes = Buffer.concat([bytes.subarray(0, start)], Math.max(length, start * 2))
      piece.copy(bytes, start)
    }
  }
  const end = (): void => finish(undefined)
  const cut = (cause: unknown): void =>
    finish(new GatewayError('invalid_request', 'The body ended before its end.', { cause }))
  request.on('data', take)
  request.on('end', end)
  request.on('error', cut)
}

const nothing = Buffer.alloc(0)

function tooLarge(): GatewayError {
  return new GatewayError(
    'payload_too_large',
    'The request body is larger than api.security.maxBodySize allows. Send less, or raise it in the config.',
  )
}
