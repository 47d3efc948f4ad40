import type { APIAttachment, APIMessage, APIUser } from 'discord-api-types/v10'

/** A server of the fake, or a direct chat where `guildId` is null. */
export interface FakeChannel {
  readonly id: string
  readonly name: string
  readonly guildId: string | null
  /** Discord's channel type: 0 text, 1 direct, 11 thread. */
  readonly type: 0 | 1 | 11
  readonly messages: APIMessage[]
  /** Answers every call with this code of Discord's. */
  refusal?: { readonly status: number; readonly code: number; readonly message: string }
}

/** What a person says. */
export interface Saying {
  readonly content: string
  readonly author?: APIUser
  readonly mentions?: readonly APIUser[]
  readonly replyTo?: APIMessage
  readonly attachments?: readonly APIAttachment[]
  /** Any further fields as Discord has them. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** The bot of the fake. */
export const botUser: APIUser = userOf('1071000000000000001', 'gatekeeper', { bot: true })

/** A person who writes unless a test names another. */
export const alice: APIUser = userOf('1071000000000000002', 'alice', { global_name: 'Alice' })

/** Makes a user as Discord describes them. */
export function userOf(id: string, username: string, fields: Partial<APIUser> = {}): APIUser {
  return { id, username, discriminator: '0', global_name: null, avatar: null, ...fields }
}

/** Servers, chats and what was said in them, with ids that grow with time as Discord's do. */
export class DiscordWorld {
  readonly channels = new Map<string, FakeChannel>()
  readonly guilds = new Map<string, { readonly id: string; readonly name: string; readonly roleId: string }>()
  #last = 0n

  /** A new snowflake. */
  nextId(): string {
    const now = (BigInt(Date.now()) - 1_420_070_400_000n) << 22n
    this.#last = now > this.#last ? now : this.#last + 1n
    return String(this.#last)
  }

  addGuild(name = 'Guild'): string {
    const id = this.nextId()
    this.guilds.set(id, { id, name, roleId: this.nextId() })
    return id
  }

  addChannel(guildId: string | null, name = 'general', type: FakeChannel['type'] = 0): string {
    const id = this.nextId()
    this.channels.set(id, { id, name, guildId, type: guildId === null ? 1 : type, messages: [] })
    return id
  }

  channel(id: string): FakeChannel {
    const channel = this.channels.get(id)
    if (!channel) throw new Error(`the test knows no channel ${id}`)
    return channel
  }

  /** Stores a message, as the history has it. */
  store(channelId: string, saying: Saying): APIMessage {
    const { author = alice, content, mentions = [], replyTo, attachments = [], fields = {} } = saying
    const message: APIMessage = {
      id: this.nextId(),
      channel_id: channelId,
      author,
      content,
      timestamp: new Date().toISOString(),
      edited_timestamp: null,
      tts: false,
      mention_everyone: false,
      mentions: [...mentions],
      mention_roles: [],
      attachments: [...attachments],
      embeds: [],
      pinned: false,
      type: replyTo ? 19 : 0,
      components: [],
      ...(replyTo
        ? {
            referenced_message: replyTo,
            message_reference: { type: 0, message_id: replyTo.id, channel_id: channelId },
          }
        : {}),
      ...fields,
    }
    this.channel(channelId).messages.push(message)
    return message
  }

  /** The same message as the gateway tells of it. */
  told(message: APIMessage): Readonly<Record<string, unknown>> {
    const { guildId } = this.channel(message.channel_id)
    if (guildId === null) return { ...message, channel_type: 1 }
    const member = {
      roles: [],
      joined_at: '2024-01-01T00:00:00.000000+00:00',
      deaf: false,
      mute: false,
      flags: 0,
    }
    return { ...message, guild_id: guildId, member: { ...member, nick: null } }
  }

  /** A whole server as `GUILD_CREATE` tells of it. */
  guildTold(id: string): Readonly<Record<string, unknown>> {
    const guild = this.guilds.get(id)
    const channels = [...this.channels.values()]
      .filter((channel) => channel.guildId === id)
      .map(({ id: channelId, name, type, messages }) => ({
        id: channelId,
        name,
        type,
        position: 0,
        permission_overwrites: [],
        last_message_id: messages.at(-1)?.id ?? null,
      }))
    return {
      id,
      name: guild?.name,
      unavailable: false,
      large: false,
      member_count: 2,
      roles: [
        { id, name: '@everyone', permissions: '0' },
        {
          id: guild?.roleId,
          name: 'gatekeeper',
          permissions: '0',
          managed: true,
          tags: { bot_id: botUser.id },
        },
      ],
      channels: channels.filter(({ type }) => type !== 11),
      threads: channels.filter(({ type }) => type === 11),
      members: [],
      emojis: [],
      stickers: [],
    }
  }
}
