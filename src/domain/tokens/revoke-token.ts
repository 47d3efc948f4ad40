import { type TokenParts, tokenRecord } from './create-token.ts'
import { findToken } from './find-token.ts'
import type { Token } from './token.ts'

/** A token to refuse from now on. */
export interface RevokeToken {
  /** Whole secret, id, name, or unique prefix of the id. */
  readonly reference: string
  readonly configTokens: readonly Token[]
}

/** Which token was revoked. `alreadyRevoked` where it was before, and nothing changed. */
export interface RevokedToken {
  readonly token: Token
  readonly alreadyRevoked: boolean
}

/**
 * Revokes a token: the next request with any of its secrets is refused. A token of the config file is denied by its hash, whatever the
 * file says. Throws `not_found`, and `invalid_request` with `details.matches` for an ambiguous reference.
 */
export async function revokeToken(
  parts: Pick<TokenParts, 'store' | 'now' | 'sha256Hex' | 'actor'>,
  input: RevokeToken,
): Promise<RevokedToken> {
  const at = parts.now()
  const { tokens, deniedHashes } = await parts.store.tokens.load()
  const token = findToken(input.reference, [...tokens, ...input.configTokens], parts.sha256Hex)
  const audit = tokenRecord('token.revoked', parts, token)
  if (token.source === 'store') {
    if (token.revokedAt === null) await parts.store.tokens.revoke(token.id, at, audit)
    return { token, alreadyRevoked: token.revokedAt !== null }
  }
  const denied = new Set(deniedHashes)
  const live = token.secrets.filter((secret) => !denied.has(secret.hash))
  for (const [i, { hash }] of live.entries())
    await parts.store.tokens.denyHash(hash, at, i === 0 ? audit : undefined)
  return { token, alreadyRevoked: live.length === 0 }
}
