import type { FastifyReply, FastifyRequest } from 'fastify'
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
 * Writes the CORS headers (WHATWG Fetch) for an allowed origin; true where the request was a preflight and has been answered. Runs
 * before authentication, so that errors carry the headers too.
 */
export function applyCors(
  request: FastifyRequest,
  reply: FastifyReply,
  settings: CorsSettings | null,
): boolean {
  if (!settings) return false
  reply.header('Vary', 'Origin')
  const { origin } = request.headers
  if (origin === undefined || !allows(settings, origin)) return false
  reply.header('Access-Control-Allow-Origin', origin)
  reply.header('Access-Control-Expose-Headers', exposedHeaders)
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
    return false
  reply.header('Access-Control-Allow-Methods', settings.methods.join(', '))
  reply.header('Access-Control-Allow-Headers', allowedHeaders)
  reply.header('Access-Control-Max-Age', String(preflightSeconds))
  reply.code(204).send()
  return true
}

// `null` is what sandboxed frames and local files send: anybody can be it.
function allows(settings: CorsSettings, origin: string): boolean {
  return origin !== 'null' && (settings.origins.includes(origin) || settings.origins.includes('*'))
}
