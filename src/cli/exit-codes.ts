import type { ErrorCode } from '../domain/errors.ts'

/** What the commands exit with. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  auth: 4,
  rateLimited: 5,
  unreachable: 6,
} as const

/** Returns the exit code that stands for an error code of the gateway. */
export function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case 'invalid_request':
      return exitCodes.usage
    case 'not_found':
    case 'model_not_found':
    case 'channel_not_found':
      return exitCodes.notFound
    case 'unauthorized':
    case 'insufficient_scope':
    case 'ip_not_allowed':
    case 'origin_not_allowed':
      return exitCodes.auth
    case 'rate_limit_exceeded':
      return exitCodes.rateLimited
    default:
      return exitCodes.failure
  }
}
