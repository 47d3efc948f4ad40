import type { Parts } from '../context.ts'
import type { Token } from './token.ts'
import { agedTokens, daysLeft, expiringTokens, liveTokens, renewalDays } from './token-age.ts'

/** What looking after tokens needs of the gateway. */
export interface TokenCareParts extends Pick<Parts, 'clock' | 'log' | 'outbox'> {
  readonly store: Pick<Parts['store'], 'tokens' | 'webhooks'>
}

const lookMs = 3_600_000

/**
 * Says which tokens need a person: in the log how many are old at the start, and in the log and to webhooks (`token.expiring`) those that
 * expire soon, once a day (in UTC) each.
 */
export class TokenCare implements Disposable {
  readonly #parts: TokenCareParts
  readonly #configTokens: () => readonly Token[]
  readonly #timer: ReturnType<typeof setInterval>
  #day = ''
  #told = new Set<string>()

  constructor(parts: TokenCareParts, configTokens: () => readonly Token[]) {
    this.#parts = parts
    this.#configTokens = configTokens
    this.#timer = setInterval(() => void this.tellExpiring(), lookMs)
    this.#timer.unref()
    void this.#tellOld().then(() => this.tellExpiring())
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  async #tellOld(): Promise<void> {
    const old = agedTokens(await this.#live(), this.#parts.clock.now())
    const [first] = old
    if (first === undefined) return
    this.#parts.log('warn', `tokens older than ${renewalDays} days`, {
      tokens: old.length,
      remedy: old.length === 1 ? `openclaw token rotate ${first.id}` : 'openclaw token list',
    })
  }

  /** Tells of each token that expires within 14 days and was not told of today. Looked at each hour. Never rejects. */
  async tellExpiring(): Promise<void> {
    const now = this.#parts.clock.now()
    const day = new Date(now).toISOString().slice(0, 10)
    if (day !== this.#day) this.#told = new Set()
    this.#day = day
    for (const token of expiringTokens(await this.#live(), now)) {
      if (this.#told.has(token.id)) continue
      this.#told.add(token.id)
      this.#parts.log('warn', 'token expiring', {
        token: token.name,
        id: token.id,
        expiresAt: new Date(token.expiresAt ?? now).toISOString(),
        daysLeft: daysLeft(token, now),
      })
      await this.#announce(token)
    }
  }

  async #announce({ id: tokenId, name, expiresAt }: Token): Promise<void> {
    const { outbox, store } = this.#parts
    const events = outbox.prepare('token.expiring', (timestamp) => ({
      tokenId,
      name,
      expiresAt: new Date(expiresAt ?? 0).toISOString(),
      timestamp,
    }))
    if (events.length === 0) return
    try {
      await store.webhooks.outbox.append(events)
      outbox.committed(events)
    } catch {
      // Told again at the next look, when the store is well.
      this.#told.delete(tokenId)
    }
  }

  // A store that cannot be read has its own line in the log.
  async #live(): Promise<readonly Token[]> {
    try {
      const { tokens, deniedHashes } = await this.#parts.store.tokens.load()
      return liveTokens([...tokens, ...this.#configTokens()], deniedHashes, this.#parts.clock.now())
    } catch {
      return []
    }
  }
}
