import type { FastifyReply } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import type { FailedLogins } from '../domain/limits/failed-logins.ts'
import type { Admission, RateLimit, RateLimiter } from '../domain/limits/rate-limiter.ts'
import type { Token } from '../domain/tokens/token.ts'
import { subscriberOf } from './address.ts'

/** The limits of the config. A token's own requests a minute come before `perToken`. */
export interface RateLimits {
  readonly perToken: RateLimit
  /** Null where all tokens together have none. */
  readonly global: RateLimit | null
}

const minuteMs = 60_000

/** Takes one request of a token, and tells the caller in the headers where it stands. Throws `rate_limit_exceeded`. */
export function takeRequest(
  reply: FastifyReply,
  limiter: RateLimiter,
  limits: RateLimits,
  token: Token,
  now: number,
): void {
  const admission = limiter.admit(token.id, limitOf(token, limits), limits.global, now)
  writeHeaders(reply, admission)
  if (!admission.admitted) {
    throw new GatewayError('rate_limit_exceeded', 'Too many requests. Please try again later.', {
      retryAfterSeconds: admission.retryAfterSeconds,
    })
  }
}

/** Returns the limit of one token. */
export function limitOf(token: Token, limits: RateLimits): RateLimit {
  return token.rateLimit === null ? limits.perToken : { maxRequests: token.rateLimit, windowMs: minuteMs }
}

/** Returns the limits of tokens by their ids, and that of all tokens together by the empty key. */
export function limitsByKey(tokens: readonly Token[], limits: RateLimits): (key: string) => RateLimit | null {
  const known = new Map<string, RateLimit | null>(tokens.map((token) => [token.id, limitOf(token, limits)]))
  known.set('', limits.global)
  return (key) => known.get(key) ?? null
}

/** Returns for how long a request can count at most. */
export function longestWindowMs({ perToken, global }: RateLimits): number {
  return Math.max(minuteMs, perToken.windowMs, global?.windowMs ?? 0)
}

/** Counts a failed login by its address and returns the error to answer with: the one given, or `rate_limit_exceeded` after too many. */
export function failedLogin(
  failures: FailedLogins,
  address: string,
  error: GatewayError,
  now: number,
): GatewayError {
  const retryAfterSeconds = failures.note(subscriberOf(address), now)
  if (retryAfterSeconds === 0) return error
  return new GatewayError(
    'rate_limit_exceeded',
    'Too many requests with a wrong token, or with none, came from this address. Check the token, then try again later.',
    { retryAfterSeconds },
  )
}

// Syntax of draft-ietf-httpapi-ratelimit-headers-10; the X- headers are what most clients read today.
function writeHeaders(reply: FastifyReply, { states, retryAfterSeconds }: Admission): void {
  const [tightest] = states
  if (!tightest) return
  let policy = ''
  let current = ''
  for (const { policy: name, limit, windowSeconds, remaining, resetSeconds } of states) {
    const comma = policy === '' ? '' : ', '
    policy += `${comma}"${name}";q=${limit};w=${windowSeconds}`
    current += `${comma}"${name}";r=${remaining};t=${resetSeconds}`
  }
  reply.header('RateLimit-Policy', policy)
  reply.header('RateLimit', current)
  reply.header('X-RateLimit-Limit', String(tightest.limit))
  reply.header('X-RateLimit-Remaining', String(tightest.remaining))
  reply.header('X-RateLimit-Reset', String(Math.max(tightest.resetSeconds, retryAfterSeconds)))
}
