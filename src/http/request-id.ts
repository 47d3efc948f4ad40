import type { IncomingMessage } from 'node:http'
import type { Ids } from '../domain/ids.ts'

const ownId = /^[A-Za-z0-9_.-]{1,128}$/

/** Returns the caller's own X-Request-Id where it is one, else a new `req_…`. */
export function requestIdOf(request: IncomingMessage, ids: Ids): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && ownId.test(given) ? given : ids.next('req')
}
