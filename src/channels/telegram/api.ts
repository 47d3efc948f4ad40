import { Api } from 'grammy'
import { type Fields, integerAt, isFields, textAt } from '../fields.ts'
import type { TelegramSettings, TelegramTimings } from './config.ts'
import { TelegramError, telegramError } from './failure.ts'

/** Who the bot is. */
export interface BotIdentity {
  readonly id: number
  /** Without the `@`. */
  readonly username: string
}

/** The methods of the Bot API that the adapter needs. Each rejects with `TelegramError`, or with the signal's reason. */
export interface TelegramApi {
  getMe(signal: AbortSignal): Promise<BotIdentity>
  getUpdates(poll: PollParameters, signal: AbortSignal, deadlineMs: number): Promise<readonly unknown[]>
  setWebhook(webhook: Parameters<Raw['setWebhook']>[0], signal: AbortSignal): Promise<void>
  deleteWebhook(signal: AbortSignal): Promise<void>
  getWebhookInfo(signal: AbortSignal): Promise<WebhookState>
  /** Resolves to the message's id. */
  sendMessage(message: Parameters<Raw['sendMessage']>[0], signal: AbortSignal): Promise<string>
  sendChatAction(action: Parameters<Raw['sendChatAction']>[0], signal: AbortSignal): Promise<void>
}

/** What Telegram knows of the address that it posts to. */
export interface WebhookState {
  readonly url: string
  readonly waiting: number
  /** Milliseconds since the epoch; 0 where it has never failed. */
  readonly failedAt: number
  readonly failure: string
}

type Raw = Api['raw']
type GrammySignal = NonNullable<Parameters<Raw['getMe']>[0]>
type PollParameters = NonNullable<Parameters<Raw['getUpdates']>[0]>

// 100 updates of the longest messages are a few megabytes.
const answerBytesMax = 64 * 1024 * 1024

/** Makes a client of the Bot API. It connects at its first call. */
export function createTelegramApi(
  { botToken, apiRoot }: Pick<TelegramSettings, 'botToken' | 'apiRoot'>,
  { callMs }: Pick<TelegramTimings, 'callMs'>,
): TelegramApi {
  const { raw } = new Api(botToken, {
    apiRoot: apiRoot.replace(/\/+$/, ''),
    // An address that redirects would be handed the token.
    baseFetchConfig: { redirect: 'error', size: answerBytesMax },
  })

  async function call<T>(
    ask: (signal: GrammySignal) => Promise<T>,
    signal: AbortSignal,
    deadlineMs = callMs,
  ): Promise<T> {
    signal.throwIfAborted()
    const deadline = AbortSignal.timeout(deadlineMs)
    try {
      return await ask(grammySignal(AbortSignal.any([signal, deadline])))
    } catch (error) {
      signal.throwIfAborted()
      if (deadline.aborted) {
        const seconds = Math.round(deadlineMs / 1000)
        throw new TelegramError('silent', `Telegram has not answered within ${seconds} seconds.`)
      }
      throw telegramError(error, botToken)
    }
  }

  return {
    getMe: async (signal) => identityOf(await call((inTime) => raw.getMe(inTime), signal)),
    getUpdates: async (poll, signal, deadlineMs) => {
      const updates: unknown = await call((inTime) => raw.getUpdates(poll, inTime), signal, deadlineMs)
      return Array.isArray(updates) ? updates : unintelligible()
    },
    setWebhook: async (webhook, signal) => {
      await call((inTime) => raw.setWebhook(webhook, inTime), signal)
    },
    deleteWebhook: async (signal) => {
      await call((inTime) => raw.deleteWebhook({ drop_pending_updates: false }, inTime), signal)
    },
    getWebhookInfo: async (signal) =>
      webhookStateOf(await call((inTime) => raw.getWebhookInfo(inTime), signal)),
    sendMessage: async (message, signal) => {
      const sent: unknown = await call((inTime) => raw.sendMessage(message, inTime), signal)
      return isFields(sent) ? String(integerAt(sent, 'message_id') ?? '') : ''
    },
    sendChatAction: async (action, signal) => {
      await call((inTime) => raw.sendChatAction(action, inTime), signal)
    },
  }
}

/**
 * The proven cast to the signal of the package that grammY was written with. Proof: grammY reads `aborted`, adds and removes a listener of
 * `abort`, and nothing else (its `core/client.js`); the tests abort each kind of call.
 */
function grammySignal(signal: AbortSignal): GrammySignal {
  return signal as GrammySignal
}

function identityOf(me: unknown): BotIdentity {
  const fields: Fields = isFields(me) ? me : {}
  const id = integerAt(fields, 'id')
  return id === undefined ? unintelligible() : { id, username: textAt(fields, 'username') ?? '' }
}

function webhookStateOf(info: unknown): WebhookState {
  const fields: Fields = isFields(info) ? info : {}
  return {
    url: textAt(fields, 'url') ?? '',
    waiting: integerAt(fields, 'pending_update_count') ?? 0,
    failedAt: 1000 * (integerAt(fields, 'last_error_date') ?? 0),
    failure: textAt(fields, 'last_error_message') ?? '',
  }
}

function unintelligible(): never {
  throw new TelegramError('unintelligible', 'Something answered that does not speak the Bot API.')
}
