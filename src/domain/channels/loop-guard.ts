import type { InboundMessage } from './channel.ts'
import type { Chat } from './channel-store.ts'

const quickMs = 5_000
const windows = [
  { ms: 60_000, exchangesMax: 120 },
  { ms: 600_000, exchangesMax: 300 },
  { ms: 3_600_000, exchangesMax: 600 },
] as const
const keptMs = 3_600_000
const accountsMax = 1_000

/**
 * Tells a program that answers our answers from a person: one whose messages are written again and again within five seconds after our
 * last one, more than 120 times a minute, 300 in ten or 600 an hour. Who writes much at once, or before we answer, is none. Once nobody
 * answers it, such a loop has ended. Bounded: of a thousand accounts and chats those that were quiet longest are forgotten.
 */
export class LoopGuard {
  readonly #answeredAt = new Map<string, number>()
  readonly #exchanges = new Map<string, readonly number[]>()

  /** We are about to post something to a chat: told before, for a program may answer before the platform has told us that it took it. */
  answered({ channel, chatId }: Chat, now: number): void {
    remember(this.#answeredAt, `${channel}\n${chatId}`, now)
  }

  /** Somebody has written: true where it looks like a loop. */
  isLoop(
    channel: Chat['channel'],
    { chatId, from, at }: Pick<InboundMessage, 'chatId' | 'from' | 'at'>,
    now: number,
  ): boolean {
    const chat = `${channel}\n${chatId}`
    const account = `${channel}\n${from.id}`
    const answeredAt = this.#answeredAt.get(chat)
    const known = this.#exchanges.get(account) ?? []
    let recent = known.filter((one) => now - one < keptMs)
    // What was written before our answer is no answer to it, however late it comes.
    const afterMs = answeredAt === undefined ? -1 : Math.min(latestOf(at), now) - answeredAt
    if (afterMs >= 0 && afterMs < quickMs) {
      // One answer makes one exchange, however many messages follow it.
      this.#answeredAt.delete(chat)
      recent = [...recent, now].slice(-windows[2].exchangesMax - 1)
    }
    if (recent.length === 0) this.#exchanges.delete(account)
    else remember(this.#exchanges, account, recent)
    return windows.some(
      ({ ms, exchangesMax }) => recent.filter((one) => now - one < ms).length > exchangesMax,
    )
  }
}

// A platform whose stamps are whole seconds, as Telegram's are, cuts off the rest: the message may be that much younger.
function latestOf(at: number): number {
  return at % 1000 === 0 ? at + 999 : at
}

// The account that was heard last stands last, so that the quietest is the first to be forgotten.
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= accountsMax) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
