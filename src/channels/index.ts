import type { Channel } from '../domain/channels/channel.ts'
import type { DiscordSettings } from './discord/config.ts'
import type { SlackSettings } from './slack/config.ts'
import type { TelegramSettings } from './telegram/config.ts'

/** What a channel is made from: its section of the config, with its tokens. */
export type ChannelSettings =
  | { readonly name: 'telegram'; readonly settings: TelegramSettings }
  | { readonly name: 'discord'; readonly settings: DiscordSettings }
  | { readonly name: 'slack'; readonly settings: SlackSettings }

/** Makes a channel, not yet started: the whole registry. An adapter and its packages are loaded here, for a configured channel alone. */
export async function createChannel(channel: ChannelSettings): Promise<Channel> {
  switch (channel.name) {
    case 'telegram': {
      const { createTelegramChannel } = await import('./telegram/channel.ts')
      return createTelegramChannel(channel.settings)
    }
    case 'discord': {
      const { createDiscordChannel } = await import('./discord/channel.ts')
      return createDiscordChannel(channel.settings)
    }
    case 'slack': {
      const { createSlackChannel } = await import('./slack/channel.ts')
      return createSlackChannel(channel.settings)
    }
  }
}
