import type { Ids } from '../ids.ts'
import type { Token } from './token.ts'

/** Returns a keyed hash (HMAC-SHA256, base64url) of a text, under a key that only this gateway has and that outlives a restart. */
export type Seal = (text: string) => string

/** What a session token says of itself. The gateway keeps none of them: the seal tells that it made it. */
export interface Session {
  /** `tok_…`; owns the conversations that the page opens. */
  readonly id: string
  /** The token that asked for it, and without which it is worth nothing. */
  readonly parentId: string
  /** The one origin whose pages may use it. */
  readonly origin: string
  /** Requests a minute. */
  readonly rateLimit: number
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** What a page's token starts with. */
export const sessionPrefix = 'oc_ses_'

const charactersMax = 1_024

/** Makes and reads the tokens of pages: short-lived, and worth nothing elsewhere. */
export class SessionTokens {
  readonly #ids: Ids
  readonly #now: () => number
  readonly #seal: Seal

  constructor(parts: { readonly ids: Ids; readonly now: () => number; readonly seal: Seal }) {
    this.#ids = parts.ids
    this.#now = parts.now
    this.#seal = parts.seal
  }

  /** Makes a token. `continues` is an earlier one of the same page, also an expired one: it keeps its conversations. */
  mint(input: {
    readonly parentId: string
    readonly origin: string
    readonly rateLimit: number
    readonly ttlMs: number
    readonly continues?: Session
  }): { readonly secret: string; readonly session: Session } {
    const createdAt = this.#now()
    const session: Session = {
      id: input.continues?.id ?? this.#ids.next('tok'),
      parentId: input.parentId,
      origin: input.origin,
      rateLimit: input.rateLimit,
      createdAt,
      expiresAt: createdAt + input.ttlMs,
    }
    const { id, parentId, origin, rateLimit, expiresAt } = session
    const fields = JSON.stringify([id, parentId, origin, rateLimit, createdAt, expiresAt])
    const body = Buffer.from(fields).toString('base64url')
    return { secret: `${sessionPrefix}${body}.${this.#seal(body)}`, session }
  }

  /** Reads a token that this gateway made, whether or not it has expired. Undefined for anything else. */
  read(secret: string): Session | undefined {
    const dot = secret.indexOf('.')
    if (secret.length > charactersMax || !secret.startsWith(sessionPrefix) || dot < 0) return undefined
    const body = secret.slice(sessionPrefix.length, dot)
    if (!isSame(secret.slice(dot + 1), this.#seal(body))) return undefined
    return sessionOf(JSON.parse(Buffer.from(body, 'base64url').toString()))
  }
}

/** Returns what a page may do: chat alone, with the models of the token that asked for it. */
export function tokenOfSession(session: Session, parent: Token): Token {
  return {
    id: session.id,
    name: `${parent.name} (session)`,
    scopes: ['chat'],
    source: 'session',
    session: { parentId: parent.id, parentName: parent.name, origin: session.origin },
    rateLimit: session.rateLimit,
    // The page's readers have addresses of their own.
    allowedIps: null,
    models: parent.models,
    ...(parent.budget ? { budget: parent.budget } : {}),
    createdAt: session.createdAt,
    expiresAt: session.expiresAt,
    revokedAt: null,
    lastUsedAt: null,
    secrets: [],
  }
}

// What is sealed was written by `mint`, but a version of later may write otherwise.
function sessionOf(fields: unknown): Session | undefined {
  if (!Array.isArray(fields)) return undefined
  const [id, parentId, origin, rateLimit, createdAt, expiresAt]: unknown[] = fields
  const isText = typeof id === 'string' && typeof parentId === 'string' && typeof origin === 'string'
  const isNumber =
    typeof rateLimit === 'number' && typeof createdAt === 'number' && typeof expiresAt === 'number'
  return isText && isNumber ? { id, parentId, origin, rateLimit, createdAt, expiresAt } : undefined
}

// In the same time, wherever they differ.
function isSame(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length
  for (let i = 0; i < expected.length; i++) difference |= given.charCodeAt(i) ^ expected.charCodeAt(i)
  return difference === 0
}
