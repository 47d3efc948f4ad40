import { GatewayError } from '../../domain/errors.ts'
import { createSession } from '../../domain/tokens/create-session.ts'
import type { App, HttpParts } from '../app.ts'
import { contextOf } from '../context.ts'
import { jsonReply } from '../openapi.ts'
import { SessionBody, SessionReply } from '../schemas/tokens.ts'

const rateLimitDefault = 10
const ttlSecondsDefault = 900

/** `POST /tokens/session`. */
export function tokenRoutes(app: App, http: HttpParts): void {
  app.post<{ Body: SessionBody }>(
    '/tokens/session',
    {
      config: {
        scope: 'chat',
        summary: 'Make a token for a page: 15 minutes, one origin, chat alone.',
        responses: jsonReply('The token, shown this once.', SessionReply),
      },
      schema: { body: SessionBody },
    },
    (request, reply) => {
      const { cors, authEnabled } = http.settings()
      if (!authEnabled) {
        throw new GatewayError('conflict', 'Authentication is off here, so that a page needs no token.')
      }
      const { origin, rateLimit = rateLimitDefault, ttlSeconds = ttlSecondsDefault, continues } = request.body
      const { secret, session } = createSession(http.sessions, contextOf(http, request).actor, {
        origin,
        allowedOrigins: cors?.origins ?? [],
        rateLimit,
        ttlSeconds,
        ...(continues === undefined ? {} : { continues }),
      })
      reply.header('Cache-Control', 'no-store')
      return {
        id: session.id,
        token: secret,
        scope: ['chat'],
        origin: session.origin,
        rateLimit: session.rateLimit,
        createdAt: new Date(session.createdAt).toISOString(),
        expiresAt: new Date(session.expiresAt).toISOString(),
      }
    },
  )
}
