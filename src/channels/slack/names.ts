import type { Clock } from '../../domain/clock.ts'
import { pause } from '../../domain/supervise.ts'
import { type Fields, fieldsAt, textAt } from '../fields.ts'
import { SlackRefusal, SlackUnreachable } from './failure.ts'
import type { Arguments } from './web-api.ts'

/** What Slack says of a person or a channel. */
export interface Named {
  readonly name: string
  readonly isBot: boolean
}

/** What looking up needs. */
export interface NameParts {
  readonly call: (method: string, args: Arguments) => Promise<{ readonly fields: Fields }>
  readonly clock: Clock
  /** How long anybody waits for a name. */
  readonly nameMs: number
}

interface Known {
  readonly named: Named | undefined
  readonly until: number
}

const knownMax = 5_000
const askingMax = 1_000
const freshMs = 60 * 60 * 1000
const refusedMs = 10 * 60 * 1000
const unreachableMs = 15_000

/**
 * The names of people and channels, asked for once an hour, at most 5,000 of them. A message must not wait for a name: what is not known
 * within `nameMs` is given by its id, and what was known before is given while it is asked for again.
 */
export class Names {
  readonly #parts: NameParts
  readonly #known = new Map<string, Known>()
  readonly #asking = new Map<string, Promise<void>>()
  #quietUntil = 0

  constructor(parts: NameParts) {
    this.#parts = parts
  }

  /** Resolves to what is known of the ids, within `nameMs`. Never rejects. */
  async of(ids: Iterable<string>): Promise<ReadonlyMap<string, Named>> {
    const wanted = [...new Set(ids)]
    const waited = wanted.map((id) => this.#refresh(id)).filter((asking) => asking !== undefined)
    if (waited.length > 0) {
      const answered = new AbortController()
      await Promise.race([Promise.all(waited), pause(this.#parts.nameMs, answered.signal)])
      answered.abort()
    }
    const found = new Map<string, Named>()
    for (const id of wanted) {
      const named = this.#known.get(id)?.named
      if (named) found.set(id, named)
    }
    return found
  }

  // Returns what is worth waiting for: nothing, where a name or a refusal is known already.
  #refresh(id: string): Promise<void> | undefined {
    const known = this.#known.get(id)
    const now = this.#parts.clock.monotonic()
    if (known && now < known.until) return undefined
    const running = this.#asking.get(id)
    if (running) return known?.named ? undefined : running
    if (now < this.#quietUntil || this.#asking.size >= askingMax) return undefined
    const asking = this.#ask(id, known?.named).finally(() => this.#asking.delete(id))
    this.#asking.set(id, asking)
    return known?.named ? undefined : asking
  }

  async #ask(id: string, before: Named | undefined): Promise<void> {
    const { call, clock } = this.#parts
    const isUser = /^[UW]/.test(id)
    try {
      const { fields } = isUser
        ? await call('users.info', { user: id })
        : await call('conversations.info', { channel: id })
      this.#keep(
        id,
        isUser ? userOf(fieldsAt(fields, 'user') ?? {}) : channelOf(fieldsAt(fields, 'channel') ?? {}),
        freshMs,
      )
    } catch (error) {
      const retryAfterMs =
        error instanceof SlackRefusal || error instanceof SlackUnreachable ? error.retryAfterMs : undefined
      if (retryAfterMs !== undefined) this.#quietUntil = clock.monotonic() + retryAfterMs
      const isFinal = error instanceof SlackRefusal && retryAfterMs === undefined
      this.#keep(id, before, isFinal ? refusedMs : unreachableMs)
    }
  }

  #keep(id: string, named: Named | undefined, forMs: number): void {
    this.#known.delete(id)
    this.#known.set(id, { named, until: this.#parts.clock.monotonic() + forMs })
    if (this.#known.size <= knownMax) return
    const { value } = this.#known.keys().next()
    if (value !== undefined) this.#known.delete(value)
  }
}

// Slack itself shows the display name, and the full name of who has set none.
function userOf(user: Fields): Named | undefined {
  const profile = fieldsAt(user, 'profile') ?? {}
  const name =
    textAt(profile, 'display_name') ??
    textAt(profile, 'real_name') ??
    textAt(user, 'real_name') ??
    textAt(user, 'name')
  return name === undefined ? undefined : { name, isBot: user.is_bot === true || user.id === 'USLACKBOT' }
}

function channelOf(channel: Fields): Named | undefined {
  const name = textAt(channel, 'name')
  return name === undefined ? undefined : { name, isBot: false }
}
