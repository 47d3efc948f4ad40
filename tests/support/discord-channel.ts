import { createDiscordChannel } from '../../src/channels/discord/channel.ts'
import { type DiscordTimings, defaultTimings } from '../../src/channels/discord/config.ts'
import type { Channel, OutgoingPart } from '../../src/domain/channels/channel.ts'
import { DiscordServer } from './discord-server.ts'
import { RecordingLink } from './recording-link.ts'

/** The gateway's own timings at a fiftieth: two heartbeats are 200 ms. */
export const fastTimings: DiscordTimings = {
  ...defaultTimings,
  heartbeatMs: 100,
  helloMs: 400,
  sessionMs: 400,
  settleMs: 200,
  closeMs: 50,
  handoverMs: 200,
  identifyMs: 50,
  invalidSessionMs: [20, 40],
  unreachableMs: [10, 20, 40, 80],
  loginMs: [300, 600],
  stableMs: 1_000,
  rememberMs: 5,
}

/** A fake Discord with one server, one channel in it and one direct chat, and a channel that speaks to it. */
export class DiscordBench implements AsyncDisposable {
  readonly server: DiscordServer
  readonly guildId: string
  readonly room: string
  readonly direct: string
  link = new RecordingLink()
  channel: Channel | undefined
  timings: DiscordTimings = fastTimings

  private constructor(server: DiscordServer) {
    this.server = server
    this.guildId = server.world.addGuild()
    this.room = server.world.addChannel(this.guildId)
    this.direct = server.world.addChannel(null)
  }

  static async start(): Promise<DiscordBench> {
    return new DiscordBench(await DiscordServer.start())
  }

  /** Starts a channel, as a new process would: over what the link has kept. */
  run(settings: { readonly token?: string; readonly apiRoot?: string } = {}): Channel {
    const { token, apiRoot } = this.server
    const guilds = { [this.guildId]: { requireMention: true } }
    const channel = createDiscordChannel({ token, apiRoot, guilds, ...settings }, this.timings)
    this.channel = channel
    channel.start(this.link)
    return channel
  }

  /** Starts a channel and resolves when it is connected. */
  async connect(): Promise<Channel> {
    this.link.events.length = 0
    const channel = this.run()
    await this.link.untilConnected()
    return channel
  }

  /** Drops the channel as a kill would: nothing more of it reaches what the link has kept. */
  async kill(): Promise<void> {
    const { stored, states, chats } = this.link
    const next = new RecordingLink()
    next.stored.push(...stored)
    for (const [name, value] of states) next.states.set(name, value)
    next.chats.push(...chats)
    this.link = next
    this.server.gateway.cut()
    await this.channel?.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.channel?.stop()
    await this.server[Symbol.asyncDispose]()
  }
}

/** A part on its way to a chat. */
export function partTo(chatId: string, text: string, fields: Partial<OutgoingPart> = {}): OutgoingPart {
  return { chatId, text, route: {}, nonce: 'n'.repeat(25), ordinal: 0, ...fields }
}
