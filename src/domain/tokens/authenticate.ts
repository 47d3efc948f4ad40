import type { Clock } from '../clock.ts'
import type { TokenStore } from '../store.ts'
import { type SessionTokens, sessionPrefix, tokenOfSession } from './session-token.ts'
import type { Token } from './token.ts'

/** What a presented secret turns out to be. */
export type Authentication =
  | { readonly outcome: 'ok'; readonly token: Token }
  | { readonly outcome: 'unknown' | 'revoked' | 'expired' }

interface KnownSecret {
  readonly token: Token
  readonly expiresAt: number | null
}

interface Loaded {
  readonly epoch: number
  readonly tokens: readonly Token[]
}

const touchIntervalMs = 60_000
const tokenCharactersMax = 256

/**
 * Tells who presents a secret, from memory. The store's epoch is read at each call, so that a token revoked by another process is
 * refused by the very next request; a store that cannot be read leaves the last known tokens in force.
 */
export class Authenticator {
  readonly #store: TokenStore
  readonly #clock: Clock
  readonly #sha256Hex: (text: string) => string
  readonly #configTokens: () => readonly Token[]
  readonly #sessions: SessionTokens | undefined
  #epoch: number | undefined
  #loaded: Loaded | undefined
  #known = new Map<string, KnownSecret>()
  #byId = new Map<string, Token>()
  #denied = new Set<string>()
  #lastUse = new Map<string, number>()

  constructor(
    store: TokenStore,
    clock: Clock,
    sha256Hex: (text: string) => string,
    configTokens: () => readonly Token[],
    sessions?: SessionTokens,
  ) {
    this.#store = store
    this.#clock = clock
    this.#sha256Hex = sha256Hex
    this.#configTokens = configTokens
    this.#sessions = sessions
  }

  /**
   * Looks a secret up by its SHA-256, which takes the same time for every wrong one. Answers at once unless the tokens have changed
   * since the last call.
   */
  authenticate(secret: string): Authentication | Promise<Authentication> {
    if (this.#isCurrent()) return this.#lookUp(secret)
    return this.#load()
      .catch(() => this.#index())
      .then(() => this.#lookUp(secret))
  }

  /** How many tokens could pass now; asks the store. */
  async count(): Promise<number> {
    await this.#load()
    const now = this.#clock.now()
    const usable = [...this.#known].filter(
      ([hash, { token, expiresAt }]) =>
        token.revokedAt === null &&
        !this.#denied.has(hash) &&
        !isPast(expiresAt, now) &&
        !isPast(token.expiresAt, now),
    )
    return new Set(usable.map(([, { token }]) => token.id)).size
  }

  /** The name of a token that is or was known, by its id. */
  nameOf(id: string | null): string | undefined {
    return id === null ? undefined : this.#byId.get(id)?.name
  }

  /** Forgets what is held, so that the next call reads the config's tokens and the store's anew. */
  reload(): void {
    this.#epoch = undefined
  }

  // A store that cannot be read shows in its health; who was known stays known.
  #isCurrent(): boolean {
    try {
      return this.#store.epoch() === this.#epoch
    } catch {
      return this.#epoch !== undefined
    }
  }

  #lookUp(secret: string): Authentication {
    if (secret.startsWith(sessionPrefix)) return this.#lookUpSession(secret)
    if (secret.length > tokenCharactersMax) return { outcome: 'unknown' }
    const hash = this.#sha256Hex(secret)
    const known = this.#known.get(hash)
    if (!known) return { outcome: 'unknown' }
    const now = this.#clock.now()
    if (known.token.revokedAt !== null || this.#denied.has(hash)) return { outcome: 'revoked' }
    if (isPast(known.expiresAt, now) || isPast(known.token.expiresAt, now)) return { outcome: 'expired' }
    this.#noteUse(known.token, now)
    return { outcome: 'ok', token: known.token }
  }

  // A page's token is worth what the token that asked for it is worth now.
  #lookUpSession(secret: string): Authentication {
    const session = this.#sessions?.read(secret)
    const parent = session && this.#byId.get(session.parentId)
    if (!session || !parent) return { outcome: 'unknown' }
    const now = this.#clock.now()
    const isDenied = parent.secrets.length > 0 && parent.secrets.every(({ hash }) => this.#denied.has(hash))
    const mayChat = parent.scopes.includes('chat') || parent.scopes.includes('admin')
    if (parent.revokedAt !== null || isDenied || !mayChat) return { outcome: 'revoked' }
    if (session.expiresAt <= now || isPast(parent.expiresAt, now)) return { outcome: 'expired' }
    return { outcome: 'ok', token: tokenOfSession(session, parent) }
  }

  async #load(): Promise<void> {
    const epoch = this.#store.epoch()
    const { tokens, deniedHashes } = await this.#store.load()
    // Of two loads that run at once, the one of the later epoch counts, whichever ends last.
    if (this.#loaded && epoch < this.#loaded.epoch) return
    this.#loaded = { epoch, tokens }
    this.#denied = new Set(deniedHashes)
    this.#index()
    this.#epoch = epoch
  }

  // The config's tokens count as they stand now, also while the store cannot be read; but not before it has told which are denied.
  #index(): void {
    if (!this.#loaded) return
    const known = new Map<string, KnownSecret>()
    const byId = new Map<string, Token>()
    for (const token of [...this.#loaded.tokens, ...this.#configTokens()]) {
      byId.set(token.id, token)
      for (const secret of token.secrets) known.set(secret.hash, { token, expiresAt: secret.expiresAt })
    }
    this.#known = known
    this.#byId = byId
  }

  #noteUse(token: Token, now: number): void {
    if (token.source === 'config' || now - (this.#lastUse.get(token.id) ?? 0) < touchIntervalMs) return
    this.#lastUse.set(token.id, now)
    // A lost note of use is worth no error: the next one comes within a minute.
    this.#store.touch([{ tokenId: token.id, at: now }]).catch(() => undefined)
  }
}

function isPast(at: number | null, now: number): boolean {
  return at !== null && at <= now
}
