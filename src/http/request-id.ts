import type { IncomingMessage } from 'node:http'
import type { Ids } from '../domain/ids.ts'

const ownId = /^[A-Za-z0-9_.-]{1,128}$/
// An id stands in logs and audit records; a key that was sent in its place must not.
const key = /oc_tok_|^(?:sk|rk|pk|whsec|ghp|hf)[-_]|^xox[abp]-|^xapp-|^AIza/

/** Returns the caller's own X-Request-Id where it is one and no key, else a new `req_…`. */
export function requestIdOf(request: IncomingMessage, ids: Ids): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && ownId.test(given) && !key.test(given) ? given : ids.next('req')
}
