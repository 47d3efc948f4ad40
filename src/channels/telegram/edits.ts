import { createHash } from 'node:crypto'
import type { InboundMessage } from '../../domain/channels/channel.ts'
import { messageKey } from './parse.ts'

const keptMax = 5_000
const digestLength = 16

/**
 * Knows what the latest messages said, so that an edit which changed nothing is told from one that did: Telegram reports both. It forgets
 * with the process, and the oldest first beyond 5,000; an edit of a message that it does not know counts as a change.
 */
export class RecentTexts {
  readonly #digests = new Map<string, string>()

  /** Tells whether a message says what it said before. */
  isKnown(message: InboundMessage): boolean {
    return this.#digests.get(messageKey(message)) === digestOf(message)
  }

  /** Keeps what a message says now. */
  keep(message: InboundMessage): void {
    const key = messageKey(message)
    this.#digests.delete(key)
    this.#digests.set(key, digestOf(message))
    if (this.#digests.size <= keptMax) return
    const { value } = this.#digests.keys().next()
    if (value !== undefined) this.#digests.delete(value)
  }
}

// `isAddressed` too: a mention that is put in later asks for an answer.
function digestOf({ text, isAddressed }: InboundMessage): string {
  return createHash('sha256').update(`${isAddressed}\n${text}`).digest('base64').slice(0, digestLength)
}
