import type { Token } from './token.ts'

/** Days after which a secret should be renewed. */
export const renewalDays = 90

/** Days before its end from which on a token counts as expiring. */
export const expiringDays = 14

const dayMs = 86_400_000

/** Returns the tokens that can pass now: neither revoked, nor expired, nor, if of the config file, denied by their hash. */
export function liveTokens(
  tokens: readonly Token[],
  deniedHashes: Iterable<string>,
  now: number,
): readonly Token[] {
  const denied = new Set(deniedHashes)
  return tokens.filter(
    (token) =>
      token.revokedAt === null &&
      (token.expiresAt === null || token.expiresAt > now) &&
      !token.secrets.every((secret) => denied.has(secret.hash)),
  )
}

/** Returns those of some live tokens that expire within 14 days, the soonest first. */
export function expiringTokens(tokens: readonly Token[], now: number): readonly Token[] {
  const end = now + expiringDays * dayMs
  return tokens
    .filter(({ expiresAt }) => expiresAt !== null && expiresAt > now && expiresAt <= end)
    .sort((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0))
}

/** Returns those of some live tokens whose newest secret was made 90 days ago or earlier. Of the config's it is not known. */
export function agedTokens(tokens: readonly Token[], now: number): readonly Token[] {
  return tokens.filter((token) => (secretAgeDays(token, now) ?? 0) >= renewalDays)
}

/** Returns the age of a token's newest secret in whole days, or null where it is not known. */
export function secretAgeDays(token: Token, now: number): number | null {
  const newest = Math.max(0, ...token.secrets.map((secret) => secret.createdAt))
  return newest === 0 ? null : Math.floor((now - newest) / dayMs)
}

/** Returns the whole days that a token still has, 0 on its last one, or null where it does not expire. */
export function daysLeft(token: Token, now: number): number | null {
  return token.expiresAt === null ? null : Math.max(0, Math.floor((token.expiresAt - now) / dayMs))
}
