/** What a token may do. `admin` implies the others. */
export const scopes = ['chat', 'send', 'read', 'admin'] as const

/** One of `chat`, `send`, `read`, `admin`. */
export type Scope = (typeof scopes)[number]

/** A known token as the gateway holds it in memory. It never holds the secret, only SHA-256 hashes of it. */
export interface Token {
  /** `tok_…`; for a token of the config file derived from its name, so that ownership outlives a rotation. */
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  /** `store`: made by the CLI; `config`: a line in the config file; `session`: made for a page, and kept nowhere. */
  readonly source: 'store' | 'config' | 'session'
  /** For a page's token: the token that asked for it, which pays for it, and the one origin that may use it. */
  readonly session?: { readonly parentId: string; readonly parentName: string; readonly origin: string }
  /** Requests a minute, or null where the general limit applies. */
  readonly rateLimit: number | null
  /** CIDRs; null allows every address, an empty list none. */
  readonly allowedIps: readonly string[] | null
  /** Model ids that it may use; null allows all. */
  readonly models: readonly string[] | null
  /** The most that its turns may cost. */
  readonly budget?: TokenBudget
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** Milliseconds since the epoch, or null for never. */
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  readonly lastUsedAt: number | null
  /** Valid secrets by hash, newest first. After a rotation the old one stands here too until it expires. */
  readonly secrets: readonly TokenSecret[]
}

/** An amount of `models.currency`, above 0, and the period in UTC after which it starts again. */
export interface TokenBudget {
  readonly amount: number
  readonly per: 'day' | 'month'
}

/** One secret of a token, by its hash. */
export interface TokenSecret {
  /** SHA-256 of the whole secret, 64 lower-case hex digits. */
  readonly hash: string
  /** The secret's first characters, for people to tell tokens apart: at most 11 (`oc_tok_` and 4 more). */
  readonly hint: string
  readonly createdAt: number
  /** Milliseconds since the epoch, or null for as long as the token. */
  readonly expiresAt: number | null
}
