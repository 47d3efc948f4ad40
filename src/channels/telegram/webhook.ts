import { createHash, timingSafeEqual } from 'node:crypto'
import type { ChannelLink, ChannelWebhook } from '../../domain/channels/channel.ts'
import { pause } from '../../domain/supervise.ts'
import type { BotIdentity, WebhookState } from './api.ts'
import { allowedUpdates } from './config.ts'
import { numberedUpdate } from './parse.ts'
import type { LinkParts } from './poll.ts'
import type { UpdateReceiver } from './receive.ts'
import { webhookRemedy } from './trouble.ts'

/** How Telegram posts to us. */
export interface WebhookSettings {
  readonly url: string
  readonly secret: string
}

const secretHeader = 'x-telegram-bot-api-secret-token'
// Telegram keeps the order within a chat, whatever posts at the same time.
const connectionsMax = 10
const checksMissedMax = 2

/** The Telegram end of the webhook: what was posted, and when. */
export class TelegramWebhook {
  readonly #secret: string
  readonly #link: ChannelLink
  readonly #receiver: UpdateReceiver
  #bot: BotIdentity | undefined
  #postedAt = 0

  constructor(secret: string, link: ChannelLink, receiver: UpdateReceiver) {
    this.#secret = secret
    this.#link = link
    this.#receiver = receiver
  }

  /** Without a bot every post is put off, and Telegram tries again. */
  set bot(bot: BotIdentity | undefined) {
    this.#bot = bot
  }

  /** When Telegram last posted something that was taken, in milliseconds since the epoch. */
  get postedAt(): number {
    return this.#postedAt
  }

  /** Takes one POST. A status other than 2xx has Telegram post it again later. */
  readonly take: ChannelWebhook = async ({ headers, body }) => {
    if (!this.#isFromTelegram(headers[secretHeader])) return 401
    const bot = this.#bot
    if (!bot) return 503
    const update = numberedUpdate(body)
    if (update) {
      try {
        await this.#receiver.take(update.fields, bot)
      } catch {
        this.#link.log('error', 'telegram update not stored', { update: update.id })
        return 503
      }
    }
    this.#postedAt = this.#link.clock.now()
    this.#link.alive()
    return 200
  }

  #isFromTelegram(header: unknown): boolean {
    if (typeof header !== 'string') return false
    // Digests are of one length, so that the comparison tells nothing of the secret's.
    return timingSafeEqual(digestOf(header), digestOf(this.#secret))
  }
}

/** Has Telegram post to the gateway and looks every few seconds whether that works. Rejects where Telegram refuses or is gone. */
export async function keepWebhook(
  parts: LinkParts & { readonly onConnected: () => void; readonly webhook: TelegramWebhook },
  { url, secret }: WebhookSettings,
  signal: AbortSignal,
): Promise<void> {
  const { api, link, timings, webhook } = parts
  const set = () =>
    api.setWebhook(
      {
        url,
        secret_token: secret,
        allowed_updates: allowedUpdates,
        max_connections: connectionsMax,
        drop_pending_updates: false,
      },
      signal,
    )
  await set()
  while (!signal.aborted) {
    const state = await api.getWebhookInfo(signal)
    if (state.url !== url) {
      link.log('warn', 'telegram webhook was changed by somebody else')
      await set()
    }
    if (isFailing(state, webhook.postedAt)) {
      link.disconnected(`Telegram cannot post to the webhook: ${state.failure}`, webhookRemedy)
    } else {
      link.connected(checksMissedMax * timings.webhookCheckMs + timings.callMs)
      parts.onConnected()
    }
    await pause(timings.webhookCheckMs, signal)
  }
}

function isFailing({ waiting, failedAt }: WebhookState, postedAt: number): boolean {
  // Telegram tells whole seconds.
  return waiting > 0 && failedAt > 0 && failedAt + 1000 > postedAt
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
