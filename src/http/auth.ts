import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import type { Authentication, Authenticator } from '../domain/tokens/authenticate.ts'
import { sessionPrefix } from '../domain/tokens/session-token.ts'
import type { Scope, Token } from '../domain/tokens/token.ts'
import { doorOf } from './doors/doors.ts'

/** Who asks where authentication is off: everybody, as an administrator. */
export const anonymous: Token = {
  id: 'tok_anonymous',
  name: 'anonymous',
  scopes: ['chat', 'send', 'read', 'admin'],
  source: 'config',
  rateLimit: null,
  allowedIps: null,
  models: null,
  createdAt: 0,
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
  secrets: [],
}

/** Returns the bearer token of a request (RFC 6750, header only), or undefined where it has none. */
export function bearerOf(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization
  if (header === undefined) return keyOf(request)
  const match = /^Bearer +([^\s]+) *$/i.exec(header)
  return match?.[1]
}

/** True where a request shows no credentials at all. */
export function isStranger(request: FastifyRequest): boolean {
  return request.headers.authorization === undefined && keyOf(request) === undefined
}

// Clients of Anthropic's API send their key so.
function keyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['x-api-key']
  return typeof key === 'string' && key !== '' && doorOf(request) ? key : undefined
}

/** Tells who asks. Throws `unauthorized` with a sentence about what is wrong with the token. */
export function authenticateRequest(
  authenticator: Authenticator,
  request: FastifyRequest,
): Token | Promise<Token> {
  const secret = bearerOf(request)
  if (secret === undefined) throw new GatewayError('unauthorized', missingSentence(request))
  const result = authenticator.authenticate(secret)
  const isPage = secret.startsWith(sessionPrefix)
  return result instanceof Promise
    ? result.then((settled) => tokenOf(settled, isPage))
    : tokenOf(result, isPage)
}

/** Throws `insufficient_scope` where a token may not use a route. */
export function requireScope(token: Token, scope: Scope): void {
  if (token.scopes.includes(scope) || token.scopes.includes('admin')) return
  throw new GatewayError(
    'insufficient_scope',
    `This needs a token with scope ${scope}; ${JSON.stringify(token.name)} has ${token.scopes.join(', ') || 'none'}.`,
    { details: { required: scope, scope: token.scopes } },
  )
}

function tokenOf(result: Authentication, isPage: boolean): Token {
  if (isPage && result.outcome !== 'ok') throw new GatewayError('unauthorized', pageSentence)
  switch (result.outcome) {
    case 'ok':
      return result.token
    case 'expired':
      throw new GatewayError('unauthorized', 'The token has expired. Make a new one: openclaw token create.')
    case 'revoked':
      throw new GatewayError('unauthorized', 'The token was revoked. Make a new one: openclaw token create.')
    case 'unknown':
      throw new GatewayError(
        'unauthorized',
        'The token is not known here. List the known ones: openclaw token list.',
      )
  }
}

const pageSentence =
  "This page's token is not valid, or not any more. Ask the application's server for a new one: POST /api/v1/tokens/session."

function missingSentence(request: FastifyRequest): string {
  return request.headers.authorization === undefined
    ? 'Send a token in the header: Authorization: Bearer oc_tok_…'
    : 'The Authorization header must read: Bearer oc_tok_…'
}
