import { type HistoryParts, readHistory } from './history.ts'
import type { Intake } from './intake.ts'
import type { SessionMemory } from './session.ts'
import { Slots } from './slots.ts'

const readingMax = 4

/** Where what is missed is put, for the length of one connection. */
interface Place {
  readonly intake: Intake
  readonly signal: AbortSignal
  readonly chatIds: Set<string>
}

/**
 * What was said while no session held it: the histories of chats, each read before whatever comes there later. It goes on from connection
 * to connection, and that there is something to read is remembered across restarts, until all is read.
 */
export class Missed {
  readonly #parts: HistoryParts
  readonly #memory: SessionMemory
  readonly #unread = new Set<string>()
  readonly #awaitedGuilds = new Set<string>()
  readonly #slots = new Slots(readingMax)
  #place: Place | undefined

  constructor(parts: HistoryParts, memory: SessionMemory) {
    this.#parts = parts
    this.#memory = memory
  }

  /** Begins on a new connection, where there is anything to read: with these chats, and with what these servers will tell of. */
  begin(
    { intake, signal }: Omit<Place, 'chatIds'>,
    chatIds: readonly string[],
    guildIds: readonly string[],
  ): void {
    if (this.#memory.historySince === undefined) return
    this.#place = { intake, signal, chatIds: new Set() }
    for (const id of guildIds) this.#awaitedGuilds.add(id)
    for (const id of [...chatIds, ...this.#unread]) this.read(id)
    this.#endWhereDone()
  }

  /** A server has told what there is to tell. */
  guildTold(guildId: string): void {
    this.#awaitedGuilds.delete(guildId)
    this.#endWhereDone()
  }

  /** One more chat that may have messages. */
  read(chatId: string): void {
    const since = this.#memory.historySince
    const place = this.#place
    if (since === undefined || place === undefined || place.chatIds.has(chatId)) return
    place.chatIds.add(chatId)
    this.#unread.add(chatId)
    place.intake.before(chatId, async () => {
      await this.#slots.use(async () => {
        place.signal.throwIfAborted()
        await readHistory(this.#parts, chatId, since, place.signal)
      })
      this.#unread.delete(chatId)
      this.#endWhereDone()
    })
  }

  #endWhereDone(): void {
    if (this.#unread.size > 0 || this.#awaitedGuilds.size > 0 || this.#place === undefined) return
    if (this.#memory.historySince === undefined || this.#place.signal.aborted) return
    this.#place = undefined
    this.#memory.historySince = undefined
    this.#memory.note()
  }
}
