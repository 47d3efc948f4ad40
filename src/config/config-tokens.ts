import { createHash } from 'node:crypto'
import type { Token } from '../domain/tokens/token.ts'
import type { Config } from './schema.ts'

const sampleSecrets = ['oc_tok_a1b2c3d4e5f6g7h8i9j0', 'oc_tok_x9y8z7w6v5u4t3s2r1q0', 'oc_tok_xxx']
const sampleHashes = new Set(sampleSecrets.map(secretHash))
const hintLength = 11

/**
 * Returns the tokens of the config file. Their ids derive from their names alone, so that what a token owns outlives a new secret. When
 * they were made is not known: `createdAt` is 0.
 */
export function configTokens(config: Config): readonly Token[] {
  return config.api.auth.tokens.map((token) => {
    const expiresAt = token.expiresAt === undefined ? null : Date.parse(token.expiresAt)
    return {
      id: configTokenId(token.name),
      name: token.name,
      scopes: [...new Set(token.scope)],
      source: 'config',
      rateLimit: token.rateLimit ?? null,
      allowedIps: token.allowedIPs ?? null,
      models: token.models ?? null,
      ...(token.budget ? { budget: token.budget } : {}),
      createdAt: 0,
      expiresAt,
      revokedAt: null,
      lastUsedAt: null,
      secrets: [{ hash: secretHash(token.token), hint: hintOf(token.token), createdAt: 0, expiresAt: null }],
    }
  })
}

/** Returns the SHA-256, in lower-case hex, of a config token's secret: taken over from `sha256:…`, else made. */
export function secretHash(secret: string): string {
  return secret.startsWith('sha256:')
    ? secret.slice('sha256:'.length)
    : createHash('sha256').update(secret).digest('hex')
}

/** True for the secrets that the documentation prints, also by their hash: the whole world has read them. */
export function isSampleSecret(secret: string): boolean {
  return sampleHashes.has(secretHash(secret))
}

/** Returns the id of a config token: `tok_` and 26 characters of Crockford's base 32 from the SHA-256 of its name. */
export function configTokenId(name: string): string {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  const digest = createHash('sha256').update(`config token ${name}`).digest()
  const characters = Array.from(digest.subarray(0, 26), (byte) => alphabet.charAt(byte & 31))
  return `tok_${characters.join('')}`
}

// A short secret shows little of itself: never more than a third.
function hintOf(secret: string): string {
  if (secret.startsWith('sha256:')) return 'sha256'
  return secret.slice(0, Math.min(hintLength, Math.floor(secret.length / 3)))
}
