import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import type { CorsSettings } from './app.ts'

const allowedHeaders = 'Authorization, Content-Type, Idempotency-Key, X-Request-Id'
const exposedHeaders = [
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-Request-Id',
  'Idempotent-Replayed',
  'X-OpenClaw-Attempts',
  'X-OpenClaw-Model-Alias',
].join(', ')
const preflightSeconds = 600

/**
 * Writes the CORS headers (WHATWG Fetch) for an allowed origin, also beside an error, so that a page can read it. True where the request
 * was a preflight and has been answered: before authentication and limits. Throws `origin_not_allowed` for the preflight of another
 * origin.
 */
export function applyCors(
  request: FastifyRequest,
  reply: FastifyReply,
  settings: CorsSettings | null,
  isRefused: boolean,
): boolean {
  const { origin } = request.headers
  const isPreflight =
    request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
  if (settings) reply.header('Vary', 'Origin')
  if (origin === undefined) return false
  if (settings === null || !allows(settings, origin)) {
    if (isPreflight && !isRefused) throw originRefused(origin)
    return false
  }
  reply.header('Access-Control-Allow-Origin', origin)
  reply.header('Access-Control-Expose-Headers', exposedHeaders)
  if (!isPreflight || isRefused) return false
  reply.header('Access-Control-Allow-Methods', settings.methods.join(', '))
  reply.header('Access-Control-Allow-Headers', allowedHeaders)
  reply.header('Access-Control-Max-Age', String(preflightSeconds))
  reply.code(204).send()
  return true
}

function originRefused(origin: string): GatewayError {
  return new GatewayError(
    'origin_not_allowed',
    `Pages of ${JSON.stringify(origin.slice(0, 100))} may not call this gateway. Add the origin to api.security.cors.origins in the config.`,
  )
}

// `null` is what sandboxed frames and local files send: anybody can be it.
function allows(settings: CorsSettings, origin: string): boolean {
  return origin !== 'null' && settings.origins.includes(origin)
}
