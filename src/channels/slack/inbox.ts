import type { ChannelLink } from '../../domain/channels/channel.ts'
import { type Fields, fieldsAt } from '../fields.ts'
import type { Names } from './names.ts'
import { type BotIdentity, type ParsedMessage, parseMessage } from './parse.ts'

const inFlightMax = 5_000

/**
 * Takes envelopes, each by itself, so that a message which is slow to be stored delays the acknowledgement of no other. Within one chat
 * messages are handed over in the order in which they came, also where one has waited for a name.
 */
export class Inbox {
  readonly #link: ChannelLink
  readonly #names: Names
  readonly #handedOver = new Map<string, Promise<void>>()
  #inFlight = 0
  #isFull = false

  constructor(link: ChannelLink, names: Names) {
    this.#link = link
    this.#names = names
  }

  /** Resolves to whether the envelope may be acknowledged: once its message is stored, or at once where there is none. Never rejects. */
  async take(envelope: Fields, bot: BotIdentity): Promise<boolean> {
    const payload = fieldsAt(envelope, 'payload') ?? {}
    if (payload.type === 'app_rate_limited') this.#link.log('warn', 'slack leaves events out')
    // Commands, buttons and the like: an empty acknowledgement is the answer that nothing happens.
    const parsed = envelope.type === 'events_api' ? parseMessage(payload, bot) : undefined
    if (parsed === undefined) return true
    if (this.#inFlight >= inFlightMax) {
      if (!this.#isFull)
        this.#link.log('warn', 'slack events left for their retry', { waiting: this.#inFlight })
      this.#isFull = true
      return false
    }
    this.#isFull = false
    this.#inFlight++
    try {
      await this.#store(parsed, payload)
      return true
    } catch (error) {
      this.#link.log('warn', 'slack event not stored', {
        error: error instanceof Error ? error.name : 'unknown',
      })
      return false
    } finally {
      this.#inFlight--
    }
  }

  async #store(parsed: ParsedMessage, payload: Fields): Promise<void> {
    const { chatId } = parsed
    const before = this.#handedOver.get(chatId)
    const own = Promise.withResolvers<void>()
    this.#handedOver.set(chatId, own.promise)
    try {
      const names = await this.#names.of(parsed.ids)
      await before
      const stored = this.#link.receive(parsed.finish(names), rawOf(payload))
      this.#letNext(chatId, own)
      await stored
    } finally {
      this.#letNext(chatId, own)
    }
  }

  #letNext(chatId: string, own: PromiseWithResolvers<void>): void {
    own.resolve()
    if (this.#handedOver.get(chatId) === own.promise) this.#handedOver.delete(chatId)
  }
}

// `token` is the app's verification token: a secret, if an old-fashioned one.
function rawOf({ token: _, ...payload }: Fields): string {
  return JSON.stringify(payload)
}
