import { GatewayError } from '../errors.ts'
import { type NewToken, type TokenParts, tokenRecord } from './create-token.ts'
import { findToken } from './find-token.ts'
import { createSecret, tokenSecret } from './secret.ts'
import type { Token } from './token.ts'

/** How long the old secret goes on working after a rotation, in milliseconds. */
export const overlapMs = 24 * 3_600_000

/** A token to give a new secret. */
export interface RotateToken {
  /** Id, name, unique prefix of the id, or whole secret. */
  readonly reference: string
  readonly configTokens: readonly Token[]
}

/** A token with its new secret, and until when the old one works. */
export interface RotatedToken extends NewToken {
  /** Milliseconds since the epoch. */
  readonly previousExpiresAt: number
}

/**
 * Gives a token a new secret under the same id; the old one works for 24 hours more, or until the token
 * would have expired; the token lives on as long as before from now on. Throws `not_found`,
 * `invalid_request` for a token of the config file and an ambiguous reference, and `conflict` for one that is revoked or expired.
 */
export async function rotateToken(parts: Omit<TokenParts, 'ids'>, input: RotateToken): Promise<RotatedToken> {
  const now = parts.now()
  const { tokens } = await parts.store.tokens.load()
  const token = findToken(input.reference, [...tokens, ...input.configTokens], parts.sha256Hex)
  if (token.source === 'config') {
    const message = `The token ${JSON.stringify(token.name)} stands in the config file. Change its secret there; the id stays the same.`
    throw new GatewayError('invalid_request', message)
  }
  if (token.revokedAt !== null || (token.expiresAt !== null && token.expiresAt <= now)) {
    const state = token.revokedAt === null ? 'expired' : 'revoked'
    throw new GatewayError(
      'conflict',
      `The token ${JSON.stringify(token.name)} is ${state}. Make a new one: openclaw token create`,
    )
  }
  const secret = createSecret(parts.fillRandom)
  const kept = tokenSecret(secret, parts.sha256Hex, now)
  const previousExpiresAt = Math.min(now + overlapMs, token.expiresAt ?? Number.POSITIVE_INFINITY)
  const expiresAt = token.expiresAt === null ? null : now + lifetimeOf(token, token.expiresAt)
  const audit = tokenRecord('token.rotated', parts, token)
  await parts.store.tokens.rotate(token.id, kept, previousExpiresAt, expiresAt, audit)
  return { token: { ...token, expiresAt, secrets: [kept, ...token.secrets] }, secret, previousExpiresAt }
}

// A new secret lives as long as the one before it was meant to: from its making to the token's end.
function lifetimeOf(token: Token, expiresAt: number): number {
  return expiresAt - (token.secrets[0]?.createdAt ?? token.createdAt)
}
