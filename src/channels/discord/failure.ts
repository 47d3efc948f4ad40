import { DiscordAPIError, HTTPError, RateLimitError } from '@discordjs/rest'
import { ChannelFailure, type ChannelFailureKind } from '../../domain/channels/channel.ts'
import { fieldsAt, isFields, textAt } from '../fields.ts'

/** A call of Discord's REST API that got no result. `message` holds Discord's words, and nothing of what was asked. */
export class DiscordFailure extends ChannelFailure {
  /** Discord's own code; 0 where there is none. */
  readonly code: number
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number
  /** The names of the fields that Discord did not take. */
  readonly fields: readonly string[]

  constructor(
    kind: ChannelFailureKind,
    message: string,
    details: {
      readonly code?: number
      readonly status?: number
      readonly fields?: readonly string[]
      readonly retryAfterMs?: number
    } = {},
  ) {
    const { retryAfterMs } = details
    super(kind, message, retryAfterMs === undefined ? {} : { retryAfterMs })
    this.code = details.code ?? 0
    this.status = details.status ?? 0
    this.fields = details.fields ?? []
  }
}

/** No wait that Discord asks for is taken for longer than a day. */
export const waitMsMax: number = 24 * 60 * 60 * 1000

/** Returns what the library's error says. Those errors hold the whole request, so none of them goes any further. */
export function discordFailure(error: unknown, token: string): DiscordFailure {
  if (error instanceof DiscordFailure) return error
  if (error instanceof RateLimitError) {
    const retryAfterMs = Math.min(Math.max(error.retryAfter, error.sublimitTimeout, 50), waitMsMax)
    const seconds = Math.max(1, Math.round(retryAfterMs / 1000))
    return new DiscordFailure('retry', `Discord asks to wait for ${seconds} s (rate limit).`, {
      status: 429,
      retryAfterMs,
    })
  }
  if (error instanceof HTTPError) {
    return new DiscordFailure('retry', `Discord answers with status ${error.status}.`, {
      status: error.status,
    })
  }
  if (error instanceof DiscordAPIError) return refusal(error, token)
  if (error instanceof SyntaxError)
    return new DiscordFailure('retry', 'Something answered that is not Discord.')
  return new DiscordFailure('retry', `Discord cannot be reached (${networkCodeOf(error)}).`)
}

// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
const unknownChats: ReadonlySet<number> = new Set([10_003, 10_004, 10_013])
// No access, a blocked or shared-with-nobody person, no permission, a locked or full thread, a channel that takes no text.
const closedChats: ReadonlySet<number> = new Set([
  40_001, 50_001, 50_007, 50_008, 50_013, 50_024, 50_083, 50_278, 160_005,
])

function refusal({ status, rawError, message }: DiscordAPIError, token: string): DiscordFailure {
  const body: unknown = rawError
  const isDiscords = isFields(body) && typeof body.code === 'number'
  const code = isDiscords ? Number(body.code) : 0
  const words = isDiscords ? wordsOf(message, token) : `Something refused with status ${status}.`
  const errors = isFields(body) ? fieldsAt(body, 'errors') : undefined
  const details = { code, status, fields: Object.keys(errors ?? {}) }
  if (status === 401) {
    return new DiscordFailure('login_refused', "Discord does not accept the bot's token.", details)
  }
  if (unknownChats.has(code) || details.fields.includes('channel_id')) {
    return new DiscordFailure('chat_unknown', words, details)
  }
  if (closedChats.has(code)) return new DiscordFailure('chat_closed', words, details)
  // What stands before Discord, and knows nothing of its codes, blocks addresses for a while.
  if (status === 408 || (status === 403 && !isDiscords)) return new DiscordFailure('retry', words, details)
  return new DiscordFailure(status === 403 ? 'chat_closed' : 'refused', words, details)
}

const wordsMax = 300

function wordsOf(message: string, token: string): string {
  const line = message.replaceAll(token, '…').replace(/\s+/g, ' ').trim()
  return line.slice(0, wordsMax).toWellFormed()
}

/** Returns a network error's code in words that are safe to show. */
export function networkCodeOf(error: unknown): string {
  if (!isFields(error)) return 'the connection broke'
  const code = textAt(error, 'code')
  return code !== undefined && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : 'the connection broke'
}
