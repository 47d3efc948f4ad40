import type { Actor } from '../actor.ts'
import { GatewayError } from '../errors.ts'
import type { Session, SessionTokens } from './session-token.ts'

/** A token for one page to make. */
export interface CreateSession {
  /** Such as `https://app.example.com`. */
  readonly origin: string
  /** Origins whose pages may call the API. */
  readonly allowedOrigins: readonly string[]
  /** Requests a minute, 1 to 60. */
  readonly rateLimit: number
  /** 60 to 900. */
  readonly ttlSeconds: number
  /** An earlier token of the same page, also an expired one, whose conversations it goes on with. */
  readonly continues?: string
}

/**
 * Makes a short-lived token for a page. Throws `invalid_request` for an origin that may not call the API and for an earlier token that
 * is not of this caller and origin, and `insufficient_scope` where a page asks by its own token.
 */
export function createSession(
  sessions: SessionTokens,
  actor: Actor,
  input: CreateSession,
): { readonly secret: string; readonly session: Session } {
  if (actor.type !== 'token' || actor.token.source === 'session') {
    throw new GatewayError(
      'insufficient_scope',
      "A page's token makes no further ones. Ask with the application's own token, from its server.",
    )
  }
  const { origin, allowedOrigins, rateLimit, ttlSeconds } = input
  if (!allowedOrigins.includes(origin)) {
    throw new GatewayError(
      'invalid_request',
      `Pages of ${JSON.stringify(origin)} may not call this gateway. ${remedyFor(origin, allowedOrigins)}`,
      { details: { field: 'origin' } },
    )
  }
  const parentId = actor.token.id
  const continues = input.continues === undefined ? undefined : sessions.read(input.continues)
  if (input.continues !== undefined && (continues?.parentId !== parentId || continues.origin !== origin)) {
    throw new GatewayError(
      'invalid_request',
      'continues must be an earlier session token of this same token and origin.',
      { details: { field: 'continues' } },
    )
  }
  return sessions.mint({
    parentId,
    origin,
    rateLimit,
    ttlMs: ttlSeconds * 1000,
    ...(continues ? { continues } : {}),
  })
}

// A slash at the end is the commonest slip.
function remedyFor(origin: string, allowedOrigins: readonly string[]): string {
  const meant = URL.canParse(origin) ? new URL(origin).origin : origin
  return allowedOrigins.includes(meant)
    ? `Did you mean ${JSON.stringify(meant)}?`
    : 'Add its scheme, host and port, such as https://app.example.com, to api.security.cors.origins in the config.'
}
