import { createHash, randomBytes } from 'node:crypto'
import type { Token, TokenSecret } from '../../src/domain/tokens/token.ts'

const createdAt = 1_775_000_000_000

/** A token with its secret, and what is kept of that. */
export interface TestToken {
  readonly token: Token
  readonly secret: string
  readonly kept: TokenSecret
}

/** Makes a token that nobody else has; it is not stored. */
export function tokenWith(fields: Partial<Token>): TestToken {
  const { secret, kept } = newSecret()
  const id = `tok_${randomBytes(8).toString('hex')}`
  const token: Token = {
    id,
    name: `name of ${id}`,
    scopes: ['chat'],
    source: 'store',
    rateLimit: null,
    allowedIps: null,
    models: null,
    createdAt: kept.createdAt,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    secrets: [kept],
    ...fields,
  }
  return { token, secret, kept }
}

/** Makes a secret, and what is kept of it. */
export function newSecret(): { readonly secret: string; readonly kept: TokenSecret } {
  const secret = `oc_tok_${randomBytes(18).toString('hex')}`
  return { secret, kept: { hash: sha256Hex(secret), hint: secret.slice(0, 11), createdAt, expiresAt: null } }
}

/** SHA-256 in lower-case hex digits. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
