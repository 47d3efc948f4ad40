import type { ChannelAccess } from '../domain/channels/access.ts'
import type { Config } from './schema.ts'

type Channels = Config['channels']
type Section<Name extends keyof Channels> = NonNullable<Channels[Name]>

/** Each enabled channel's section with its tokens, told apart by `name`. */
export type ChannelSection =
  | { readonly name: 'telegram'; readonly settings: Section<'telegram'> & { readonly botToken: string } }
  | { readonly name: 'discord'; readonly settings: Section<'discord'> & { readonly token: string } }
  | {
      readonly name: 'slack'
      readonly settings: Section<'slack'> & { readonly botToken: string; readonly appToken: string }
    }
  | UnusableChannel

/** An enabled channel that lacks a token: it is shown as disconnected, with what to do. */
export interface UnusableChannel {
  readonly name: keyof Channels
  readonly settings: null
  readonly reason: string
  readonly remedy: string
}

/** Returns what the enabled channels are started with. */
export function channelSections({ telegram, discord, slack }: Channels): readonly ChannelSection[] {
  const sections: ChannelSection[] = []
  if (telegram?.enabled) {
    const { botToken } = telegram
    sections.push(
      botToken === undefined
        ? unusable('telegram', 'botToken', 'TELEGRAM_BOT_TOKEN')
        : { name: 'telegram', settings: { ...telegram, botToken } },
    )
  }
  if (discord?.enabled) {
    const { token } = discord
    sections.push(
      token === undefined
        ? unusable('discord', 'token', 'DISCORD_BOT_TOKEN')
        : { name: 'discord', settings: { ...discord, token } },
    )
  }
  if (slack?.enabled) {
    const { botToken, appToken } = slack
    if (botToken === undefined) sections.push(unusable('slack', 'botToken', 'SLACK_BOT_TOKEN'))
    else if (appToken === undefined) sections.push(unusable('slack', 'appToken', 'SLACK_APP_TOKEN'))
    else sections.push({ name: 'slack', settings: { ...slack, botToken, appToken } })
  }
  return sections
}

/** Returns who is answered on each enabled channel. On Discord and Slack, rooms that are not listed are ignored. */
export function channelAccess({ telegram, discord, slack }: Channels): readonly ChannelAccess[] {
  const access: ChannelAccess[] = []
  if (telegram?.enabled) {
    const { dmPolicy, allowFrom, groupPolicy, groups } = telegram
    access.push({ name: 'telegram', dmPolicy, allowFrom, groupPolicy, rooms: groups })
  }
  if (discord?.enabled) {
    const { dmPolicy, allowFrom, guilds } = discord
    access.push({ name: 'discord', dmPolicy, allowFrom, groupPolicy: 'allowlist', rooms: guilds })
  }
  if (slack?.enabled) {
    const { dmPolicy, allowFrom, channels } = slack
    access.push({ name: 'slack', dmPolicy, allowFrom, groupPolicy: 'allowlist', rooms: channels })
  }
  return access
}

function unusable(name: keyof Channels, key: string, variable: string): UnusableChannel {
  return {
    name,
    settings: null,
    reason: `The channel has no ${key}.`,
    remedy: `Set channels.${name}.${key} in the config file, or ${variable}.`,
  }
}
