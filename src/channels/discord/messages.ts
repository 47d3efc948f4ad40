import type { ChannelLink } from '../../domain/channels/channel.ts'
import type { Fields } from '../fields.ts'
import type { Names } from './content.ts'
import type { Directory } from './directory.ts'
import { parseMessage } from './parse.ts'
import type { SessionMemory } from './session.ts'

/** The newest message of a chat, and the server that the chat is in; null for a direct one. */
export interface Seen {
  readonly id: string
  readonly guildId: string | null
}

/** Hands messages to the core, with the newest one of their chat, and remembers which was the newest of all. */
export class Messages {
  readonly #link: ChannelLink
  readonly #memory: SessionMemory
  readonly #directory: Directory

  constructor(link: ChannelLink, memory: SessionMemory, directory: Directory) {
    this.#link = link
    this.#memory = memory
    this.#directory = directory
  }

  /** Resolves when the message is durable, or need not be. `guildId` is null in a direct chat. */
  async receive(message: Fields, guildId: string | null): Promise<void> {
    const inbound = parseMessage(message, guildId, this.#names())
    if (!inbound) return
    const { chatId, updateId } = inbound
    const value = guildId === null ? updateId : `${updateId} ${guildId}`
    await this.#link.receive(inbound, JSON.stringify(message), { name: seenName(chatId), value })
    this.#memory.saw(updateId)
  }

  /** The newest message of a chat that is durable; undefined where it never had one. */
  async newestOf(chatId: string): Promise<Seen | undefined> {
    const [id, guildId] = (await this.#link.recall(seenName(chatId)))?.split(' ') ?? []
    return id === undefined ? undefined : { id, guildId: guildId ?? null }
  }

  #names(): Names {
    return {
      botId: this.#memory.botId ?? '',
      botRoleIds: this.#directory.botRoleIds,
      channelName: (id) => this.#directory.channelName(id),
    }
  }
}

function seenName(chatId: string): string {
  return `seen:${chatId}`
}
