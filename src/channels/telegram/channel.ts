import {
  type Channel,
  ChannelFailure,
  type ChannelLink,
  type OutgoingPart,
} from '../../domain/channels/channel.ts'
import { pause } from '../../domain/supervise.ts'
import { renderTelegram } from '../render/telegram.ts'
import { createTelegramApi } from './api.ts'
import { canBeToken, defaultTimings, type TelegramSettings, type TelegramTimings } from './config.ts'
import { refusesMarkup, refusesReply, sendFailure, TelegramError } from './failure.ts'
import { messageParameters, type PartForm, telegramChatId, typingParameters } from './format.ts'
import { keepLink } from './link.ts'

// The contract gives a channel five seconds.
const stopMs = 4_500

/** Makes a Telegram bot's channel. Nothing is called before `start` or `send`. */
export function createTelegramChannel(
  settings: TelegramSettings,
  timings: TelegramTimings = defaultTimings,
): Channel {
  const isToken = canBeToken(settings.botToken)
  const api = createTelegramApi(settings, timings)
  const stopping = new AbortController()
  let link: ChannelLink | undefined
  let running: Promise<void> | undefined
  /** Telegram has asked to wait: nothing that can be left out is sent before. */
  let quietUntil = 0

  function chatOf(chatId: string): number | string {
    if (!isToken) throw new ChannelFailure('login_refused', 'What is configured cannot be a bot token.')
    const id = telegramChatId(chatId)
    if (id !== undefined) return id
    throw new ChannelFailure(
      'chat_unknown',
      'A Telegram chat is a whole number or "@" and a channel\'s name.',
    )
  }

  async function post(part: OutgoingPart, form: PartForm, signal: AbortSignal): Promise<string> {
    try {
      return await api.sendMessage(messageParameters(part, chatOf(part.chatId), form), signal)
    } catch (error) {
      if (!(error instanceof TelegramError)) throw error
      if (form.markup && part.plain !== undefined && refusesMarkup(error)) {
        link?.log('warn', 'telegram refused the markup of a part', { ordinal: part.ordinal })
        return await post(part, { ...form, markup: false }, signal)
      }
      if (form.reply && refusesReply(error)) return await post(part, { ...form, reply: false }, signal)
      if (error.retryAfterMs !== undefined) {
        quietUntil = (link?.clock.monotonic() ?? 0) + error.retryAfterMs
      }
      throw sendFailure(error)
    }
  }

  return {
    name: 'telegram',
    start(given) {
      link = given
      running = keepLink({ api, link: given, settings, timings }, stopping.signal)
    },
    render: (markdown) => renderTelegram(markdown, settings.textChunkLimit),
    send: (part, signal) => post(part, { markup: true, reply: true }, signal),
    async typing({ chatId, route }, signal) {
      if (link && link.clock.monotonic() < quietUntil) return
      try {
        await api.sendChatAction(typingParameters(route, chatOf(chatId)), signal)
      } catch (error) {
        throw error instanceof TelegramError ? sendFailure(error) : error
      }
    },
    async stop() {
      stopping.abort()
      const done = new AbortController()
      await Promise.race([running, pause(stopMs, done.signal)])
      done.abort()
    },
  }
}
