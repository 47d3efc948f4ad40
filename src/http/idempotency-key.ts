import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../domain/errors.ts'

const header = 'Idempotency-Key'
const charactersMax = 255

/**
 * Returns the Idempotency-Key of a request (draft-ietf-httpapi-idempotency-key-header), with or without its quotes the same, or undefined
 * where it has none. Throws `invalid_request` for one that is not 1 to 255 characters of printable ASCII, or is sent twice.
 */
export function idempotencyKeyOf({ headers, raw }: FastifyRequest): string | undefined {
  const value = headers['idempotency-key']
  if (value === undefined) return undefined
  const times = raw.rawHeaders.filter(
    (name, i) => i % 2 === 0 && name.toLowerCase() === 'idempotency-key',
  ).length
  const key = times === 1 && typeof value === 'string' ? unquoted(value) : undefined
  if (key !== undefined && key.length <= charactersMax && /^[\x20-\x7e]+$/.test(key)) return key
  throw new GatewayError(
    'invalid_request',
    `The header ${header} must be sent once, with 1 to ${charactersMax} characters of printable ASCII, such as a UUID.`,
    { details: { field: header } },
  )
}

// A string of RFC 9651, or the bare text that most clients send.
function unquoted(value: string): string {
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(value)?.[1]
  return quoted === undefined ? value : quoted.replaceAll(/\\(["\\])/g, '$1')
}
