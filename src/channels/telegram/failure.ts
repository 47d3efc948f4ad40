import { GrammyError } from 'grammy'
import { ChannelFailure } from '../../domain/channels/channel.ts'

/** Why a call got no result. */
export type TelegramErrorKind =
  /** Telegram has said no: `status` and its words. */
  | 'refused'
  /** No answer: the connection failed. */
  | 'unreachable'
  /** No answer in time. */
  | 'silent'
  /** An answer that is none of the Bot API. */
  | 'unintelligible'

/** A call of the Bot API that got no result. `message` holds Telegram's words, and never the token. */
export class TelegramError extends Error {
  readonly kind: TelegramErrorKind
  /** The Bot API's `error_code`; 0 where there is none. */
  readonly status: number
  readonly retryAfterMs: number | undefined
  readonly movedTo: string | undefined

  constructor(
    kind: TelegramErrorKind,
    message: string,
    details: { readonly status?: number; readonly retryAfterMs?: number; readonly movedTo?: string } = {},
  ) {
    super(message)
    this.name = 'TelegramError'
    this.kind = kind
    this.status = details.status ?? 0
    this.retryAfterMs = details.retryAfterMs
    this.movedTo = details.movedTo
  }
}

/** Returns what a grammY error says, without the address that holds the token and without the call's own text. */
export function telegramError(error: unknown, token: string): TelegramError {
  if (error instanceof GrammyError && Number.isInteger(error.error_code)) {
    const { retry_after, migrate_to_chat_id } = error.parameters
    return new TelegramError('refused', maskedWords(error.description, token), {
      status: error.error_code,
      ...(typeof retry_after === 'number'
        ? { retryAfterMs: 1000 * Math.max(1, Math.ceil(retry_after)) }
        : {}),
      ...(migrate_to_chat_id === undefined ? {} : { movedTo: String(migrate_to_chat_id) }),
    })
  }
  const reason = error instanceof Error && 'error' in error ? error.error : undefined
  if (error instanceof GrammyError || typeOf(reason) === 'invalid-json' || typeOf(reason) === 'max-size') {
    return new TelegramError('unintelligible', 'Something answered that does not speak the Bot API.')
  }
  return new TelegramError('unreachable', `Telegram cannot be reached (${networkCodeOf(reason)}).`)
}

/** Returns what can be done about a part that was not posted. */
export function sendFailure({ kind, status, message, retryAfterMs, movedTo }: TelegramError): ChannelFailure {
  if (kind !== 'refused') return new ChannelFailure('retry', message)
  if (movedTo !== undefined) return new ChannelFailure('chat_moved', message, { movedTo })
  if (status === 429) return new ChannelFailure('retry', message, { retryAfterMs: retryAfterMs ?? 1000 })
  if (status === 401 || status === 404) {
    return new ChannelFailure('login_refused', `Telegram does not know the bot's token (${message}).`)
  }
  if (status === 403) return new ChannelFailure('chat_closed', message)
  if (status >= 500 || status === 409) return new ChannelFailure('retry', message)
  if (unknownChat.test(message)) return new ChannelFailure('chat_unknown', message)
  if (closedChat.test(message)) return new ChannelFailure('chat_closed', message)
  return new ChannelFailure('refused', message)
}

/** Tells whether Telegram has refused a text's markup, or its length with it: the same text may pass without. */
export function refusesMarkup({ status, message }: TelegramError): boolean {
  return status === 400 && /can't parse entities|message is too long|MESSAGE_TOO_LONG|ENTITY_/i.test(message)
}

/** Tells whether Telegram does not find the message that is replied to. */
export function refusesReply({ status, message }: TelegramError): boolean {
  return status === 400 && /repl(?:y|ied).*not found|REPLY_MESSAGE_ID_INVALID/i.test(message)
}

const unknownChat =
  /chat not found|user not found|chat_id is empty|PEER_ID_INVALID|USERNAME_INVALID|invalid user_id/i
const closedChat =
  /not enough rights|no rights to send|need administrator rights|have no write access|CHAT_WRITE_FORBIDDEN|CHAT_SEND_\w+_FORBIDDEN|CHAT_RESTRICTED|USER_IS_BLOCKED|user is deactivated|group chat was deactivated|TOPIC_CLOSED/i

const wordsMax = 300

function maskedWords(words: unknown, token: string): string {
  const text = typeof words === 'string' && words !== '' ? words : 'Telegram gave no reason'
  return text.replaceAll(token, '…').slice(0, wordsMax).toWellFormed()
}

function typeOf(error: unknown): unknown {
  return error instanceof Error && 'type' in error ? error.type : undefined
}

// A network error's message holds the address, and that holds the token: only its code is shown.
function networkCodeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return code
  return typeOf(error) === 'no-redirect' ? 'it redirects elsewhere' : 'the connection broke'
}
