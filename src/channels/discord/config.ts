import { platform } from 'node:os'

/** The section `channels.discord` of the config, as far as the adapter needs it. */
export interface DiscordSettings {
  readonly token: string
  /** Without the version, with or without a slash at the end. */
  readonly apiRoot: string
  /** Servers by id; `*` stands for all others. What is said in an unlisted one is dropped unread. */
  readonly guilds: Readonly<Record<string, unknown>>
}

/** How long things may take and how often they are tried, in milliseconds. */
export interface DiscordTimings {
  /** Heartbeats are at most so far apart, whatever Discord asks for: two of them tell a dead link. */
  readonly heartbeatMs: number
  /** From the first packet to Discord's HELLO. */
  readonly helloMs: number
  /** Between what Discord sends while a session begins or resumes. */
  readonly sessionMs: number
  /** For what was received last to become durable, at the end of a connection. */
  readonly settleMs: number
  /** For the answer to our close; then the socket is cut. */
  readonly closeMs: number
  /** What the core is promised: Discord is heard within this time. */
  readonly silenceMs: number
  /** A reconnect that Discord asked for, and that takes no longer, is nobody's concern. */
  readonly handoverMs: number
  /** Between two sessions that are begun anew. */
  readonly identifyMs: number
  /** After a session that Discord has declared invalid: from, to. */
  readonly invalidSessionMs: readonly [number, number]
  /** Waits after trouble, the last of them for ever. */
  readonly unreachableMs: readonly number[]
  readonly loginMs: readonly number[]
  /** A link that has lasted so long begins the waits anew. */
  readonly stableMs: number
  /** One call of the REST API. */
  readonly callMs: number
  /** A part waits so long for its turn within Discord's rate limits, before it is handed back. */
  readonly rateLimitMs: number
  /** What was received is noted at most so often, beside the messages. */
  readonly rememberMs: number
}

/** What the gateway runs with: a dead link shows within 11 s, and one that is back within 25 s. */
export const defaultTimings: DiscordTimings = {
  heartbeatMs: 5_000,
  helloMs: 8_000,
  sessionMs: 10_000,
  settleMs: 2_000,
  closeMs: 1_000,
  silenceMs: 14_000,
  handoverMs: 5_000,
  identifyMs: 5_000,
  invalidSessionMs: [1_000, 5_000],
  unreachableMs: [250, 1_000, 2_000, 4_000, 8_000, 12_000],
  loginMs: [60_000, 300_000, 900_000],
  stableMs: 20_000,
  callMs: 15_000,
  rateLimitMs: 10_000,
  rememberMs: 200,
}

// https://docs.discord.com/developers/events/gateway#gateway-intents
const guilds = 1 << 0
const guildMessages = 1 << 9
const directMessages = 1 << 12
const messageContent = 1 << 15

/** What Discord is to tell us of. Message Content is privileged: it must be enabled in the developer portal. */
export const intents: number = guilds | guildMessages | directMessages | messageContent

/** How we call ourselves when a session begins. */
export const identity: Readonly<Record<string, string>> = {
  os: platform(),
  browser: 'openclaw-gateway',
  device: 'openclaw-gateway',
}

/** What people must do about a token that is refused. */
export const tokenRemedy =
  'Check channels.discord.token (or DISCORD_BOT_TOKEN): the developer portal shows a new one under Bot, Reset Token.'

/** Returns the token as Discord knows it. People copy it with the word that goes before it in a header. */
export function bareToken(token: string): string {
  return token.trim().replace(/^Bot\s+/i, '')
}

/**
 * Returns the address of Discord's gateway, asked for version 10 in JSON; undefined for one that may not be trusted with the token: it
 * must be encrypted where the API is.
 */
export function gatewayUrl(told: unknown, apiRoot: string): string | undefined {
  if (typeof told !== 'string' || !URL.canParse(told)) return undefined
  const url = new URL(told)
  const isPlain = url.protocol === 'ws:' && new URL(apiRoot).protocol === 'http:'
  if (url.protocol !== 'wss:' && !isPlain) return undefined
  url.searchParams.set('v', '10')
  url.searchParams.set('encoding', 'json')
  return url.href
}
