/** The section `channels.slack` of the config, as far as the adapter needs it. */
export interface SlackSettings {
  /** The bot's token (`xoxb-…`): posts, and asks who is who. */
  readonly botToken: string
  /** The app-level token (`xapp-…`): opens sockets. */
  readonly appToken: string
  /** With or without a slash at the end. */
  readonly apiRoot: string
}

/** How long things may take and how often they are tried, in milliseconds. */
export interface SlackTimings {
  /** One call of the Web API that posts. */
  readonly callMs: number
  /** One call on the way to a socket, and the time from its handshake to its `hello`. */
  readonly openMs: number
  /** From one ping of ours to the next. A socket that leaves three unanswered is dead. */
  readonly pingMs: number
  /** Without a sign of life for this long, the channel does not count as connected. */
  readonly silenceMs: number
  /** At most this long before the first try after a socket was lost. */
  readonly firstTryMs: number
  /** Waits after trouble, the last of them for ever; each is shortened at random by up to a half. */
  readonly retryMs: readonly number[]
  /** The same for a login that is refused; not shortened. */
  readonly refusedMs: readonly number[]
  /** A socket that ends earlier after its `hello` counts as trouble. */
  readonly stableMs: number
  /** How long a socket that Slack refreshes may be gone before its successor is there, without the channel counting as disconnected. */
  readonly graceMs: number
  /** How long the old socket is still listened to after a refresh. */
  readonly lingerMs: number
  /** How long a stop waits for what is being stored. */
  readonly drainMs: number
  /** How long Slack may take to answer a close. */
  readonly closeMs: number
  /** How long a message waits for its sender's name. */
  readonly nameMs: number
}

/** What the gateway runs with: a dead link shows within 12 s, one that is back is used within 35 s. */
export const defaultTimings: SlackTimings = {
  callMs: 15_000,
  openMs: 10_000,
  pingMs: 3_000,
  silenceMs: 15_000,
  firstTryMs: 250,
  retryMs: [1_000, 2_000, 4_000, 8_000, 15_000],
  refusedMs: [30_000, 60_000, 120_000, 300_000],
  stableMs: 10_000,
  graceMs: 5_000,
  lingerMs: 2_000,
  drainMs: 2_500,
  closeMs: 1_000,
  nameMs: 800,
}

/** What people must do about a bot token that is refused. */
export const botTokenRemedy =
  'Copy the "Bot User OAuth Token" (it begins with xoxb-) from the app\'s page OAuth & Permissions into channels.slack.botToken or SLACK_BOT_TOKEN.'

/** What people must do about an app-level token that is refused. */
export const appTokenRemedy =
  "Enable Socket Mode in the app's settings, generate an app-level token with the scope connections:write (Basic Information, App-Level Tokens; it begins with xapp-), and put it into channels.slack.appToken or SLACK_APP_TOKEN."
