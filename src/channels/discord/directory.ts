import { type Fields, fieldsAt, listAt, textAt } from '../fields.ts'
import type { DiscordSettings } from './config.ts'

/** A channel or thread of a server in which people write. */
export interface TextChannel {
  readonly id: string
  /** Its newest message, as far as Discord tells. */
  readonly lastMessageId: string | undefined
}

interface KnownChannel {
  readonly guildId: string
  readonly name: string | undefined
}

// Categories, directories, and forums and media channels, whose messages stand in their threads.
const textless: ReadonlySet<unknown> = new Set([4, 14, 15, 16])
const channelsMax = 50_000
const rolesMax = 1_000

/** What Discord has told of servers: which channel is whose, how channels are called, and which roles stand for the bot. */
export class Directory {
  readonly #guilds: DiscordSettings['guilds']
  readonly #channels = new Map<string, KnownChannel>()
  readonly #botRoles = new Set<string>()

  constructor(guilds: DiscordSettings['guilds']) {
    this.#guilds = guilds
  }

  /** Tells whether a server is one that the config lists. */
  isListed(guildId: string): boolean {
    return Object.hasOwn(this.#guilds, guildId) || Object.hasOwn(this.#guilds, '*')
  }

  /** The roles that Discord has made for the bot itself: who picks its name from a list may well mention one of them. */
  get botRoleIds(): ReadonlySet<string> {
    return this.#botRoles
  }

  channelName(id: string): string | undefined {
    return this.#channels.get(id)?.name
  }

  /** The server that a channel is in; undefined where that is not known. */
  guildOf(channelId: string): string | undefined {
    return this.#channels.get(channelId)?.guildId
  }

  /** Takes what Discord tells of a whole server, and returns where people write in it. Nothing is kept of one that is not listed. */
  addGuild(guild: Fields, botId: string | undefined): readonly TextChannel[] {
    const guildId = textAt(guild, 'id')
    if (guildId === undefined || !this.isListed(guildId)) return []
    for (const role of listAt(guild, 'roles')) {
      const id = textAt(role, 'id')
      const tags = fieldsAt(role, 'tags')
      if (id !== undefined && tags?.bot_id !== undefined && tags.bot_id === botId) this.addBotRoles([id])
    }
    return [...listAt(guild, 'channels'), ...listAt(guild, 'threads')].flatMap((channel) => {
      this.addChannel(channel, guildId)
      const id = textAt(channel, 'id')
      if (id === undefined || textless.has(channel.type)) return []
      return [{ id, lastMessageId: textAt(channel, 'last_message_id') }]
    })
  }

  addBotRoles(ids: readonly string[]): void {
    for (const id of ids) if (this.#botRoles.size < rolesMax) this.#botRoles.add(id)
  }

  /** Takes what Discord tells of one channel or thread; `guildId` where it does not say so itself. */
  addChannel(channel: Fields, guildId: string | undefined = textAt(channel, 'guild_id')): void {
    const id = textAt(channel, 'id')
    if (id === undefined || guildId === undefined || !this.isListed(guildId)) return
    this.#channels.delete(id)
    this.#channels.set(id, { guildId, name: textAt(channel, 'name') })
    if (this.#channels.size <= channelsMax) return
    const [oldest] = this.#channels.keys()
    if (oldest !== undefined) this.#channels.delete(oldest)
  }
}
