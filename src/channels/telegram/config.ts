/** The section `channels.telegram` of the config, as far as the adapter needs it. */
export interface TelegramSettings {
  readonly botToken: string
  /** With or without a slash at the end. */
  readonly apiRoot: string
  /** Longest part of a split message, in UTF-16 units. */
  readonly textChunkLimit: number
  /** Has Telegram post updates; without it they are polled for. */
  readonly webhook?: { readonly url: string; readonly secret: string }
}

/** How long things may take and how often they are tried, in milliseconds. */
export interface TelegramTimings {
  /** A poll that nothing answers is held this long by Telegram; whole seconds. */
  readonly pollMs: number
  /** The first poll after a conflict: held until it is clear that nobody else polls; whole seconds. */
  readonly probationMs: number
  /** A poll that was not answered within this time is a dead link, whatever its socket says. */
  readonly pollDeadlineMs: number
  /** Before the next poll of a server that does not hold one. */
  readonly emptyPollMs: number
  /** One call but a poll. */
  readonly callMs: number
  readonly webhookCheckMs: number
  /** Confirming at the end what was received. */
  readonly confirmMs: number
  /** Waits after trouble, the last of them for ever. */
  readonly unreachableMs: readonly number[]
  readonly conflictMs: readonly number[]
  readonly loginMs: readonly number[]
}

/** What the gateway runs with: a dead link shows within 20 s, and one that is back within 26 s. */
export const defaultTimings: TelegramTimings = {
  pollMs: 15_000,
  probationMs: 10_000,
  pollDeadlineMs: 20_000,
  emptyPollMs: 500,
  callMs: 15_000,
  webhookCheckMs: 15_000,
  confirmMs: 2_000,
  unreachableMs: [500, 1_000, 2_000, 4_000, 8_000, 10_000],
  conflictMs: [5_000, 10_000, 20_000, 30_000],
  loginMs: [30_000, 60_000],
}

/** Update kinds that are asked for; Telegram keeps nothing else for us. */
export const allowedUpdates = ['message', 'edited_message'] as const

/** What people must do about a token that is refused. */
export const tokenRemedy =
  'Check channels.telegram.botToken (or TELEGRAM_BOT_TOKEN): @BotFather shows the right token under /mybots, API Token.'

/** Tells whether a text can be a bot's token. One that cannot would change the address that it stands in. */
export function canBeToken(token: string): boolean {
  return /^[A-Za-z0-9_-]+(?::[A-Za-z0-9_-]+)?$/.test(token)
}
