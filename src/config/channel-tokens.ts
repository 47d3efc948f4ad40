import type { Env } from './environment.ts'
import { kinds } from './kinds.ts'
import { placeOfPath, type Reading, report } from './reading.ts'
import type { Config } from './schema.ts'

type Channels = Config['channels']

/** Which channel's tokens come from the environment, and from which variables. */
export interface ChannelFromEnvironment {
  readonly channel: keyof Channels
  readonly variables: readonly string[]
  /** True where the config file does not name the channel at all. */
  readonly alone: boolean
}

const telegramVariable = 'TELEGRAM_BOT_TOKEN'
const discordVariable = 'DISCORD_BOT_TOKEN'
const slackVariables = ['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN'] as const

/**
 * Puts the tokens of the environment where the file has none. A channel that the file does not name is configured by its tokens alone;
 * `blank` gives each channel's section with every default. Warns of a channel that is left without a token.
 */
export function addChannelTokens(
  channels: Channels,
  reading: Reading,
  blank: () => Channels,
): readonly ChannelFromEnvironment[] {
  const { env } = reading
  const named = new Set(Object.keys(channels))
  const found: ChannelFromEnvironment[] = []
  const telegram = tokenIn(env, telegramVariable)
  if (telegram !== undefined) {
    const section = channels.telegram ?? blank().telegram
    if (section && section.botToken === undefined) {
      channels.telegram = { ...section, botToken: telegram }
      found.push({ channel: 'telegram', variables: [telegramVariable], alone: !named.has('telegram') })
    }
  }
  const discord = tokenIn(env, discordVariable)
  if (discord !== undefined) {
    const section = channels.discord ?? blank().discord
    if (section && section.token === undefined) {
      channels.discord = { ...section, token: discord }
      found.push({ channel: 'discord', variables: [discordVariable], alone: !named.has('discord') })
    }
  }
  const slack = slackTokens(channels, env, blank)
  if (slack) found.push({ ...slack, alone: !named.has('slack') })
  warnOfMissing(channels, reading)
  return found
}

// Slack needs two tokens: one of them alone configures nothing.
function slackTokens(
  channels: Channels,
  env: Env,
  blank: () => Channels,
): Omit<ChannelFromEnvironment, 'alone'> | undefined {
  const [botToken, appToken] = slackVariables.map((variable) => tokenIn(env, variable))
  const section = channels.slack ?? (botToken && appToken ? blank().slack : undefined)
  if (!section) return undefined
  const used = [
    ...(section.botToken === undefined && botToken !== undefined ? [slackVariables[0]] : []),
    ...(section.appToken === undefined && appToken !== undefined ? [slackVariables[1]] : []),
  ]
  channels.slack = {
    ...section,
    ...(botToken === undefined || section.botToken !== undefined ? {} : { botToken }),
    ...(appToken === undefined || section.appToken !== undefined ? {} : { appToken }),
  }
  return used.length === 0 ? undefined : { channel: 'slack', variables: used }
}

function tokenIn(env: Env, variable: string): string | undefined {
  const token = env[variable]?.trim()
  if (token === undefined || token === '') return undefined
  return kinds.headerText.read(token, { base: '/', home: '/' }) === undefined ? undefined : token
}

function warnOfMissing({ telegram, discord, slack }: Channels, reading: Reading): void {
  if (telegram?.enabled && telegram.botToken === undefined)
    warn(reading, 'telegram', 'botToken', telegramVariable)
  if (discord?.enabled && discord.token === undefined) warn(reading, 'discord', 'token', discordVariable)
  if (!slack?.enabled) return
  if (slack.botToken === undefined) warn(reading, 'slack', 'botToken', slackVariables[0])
  if (slack.appToken === undefined) warn(reading, 'slack', 'appToken', slackVariables[1])
}

function warn(reading: Reading, channel: keyof Channels, key: string, variable: string): void {
  const path = `channels.${channel}`
  const sentence = `has no ${key}, and ${variable} is not set: the channel cannot connect.`
  report(reading, 'warning', placeOfPath(reading, path), path, sentence)
}
