import type { ChatRoute, OutgoingPart } from '../../domain/channels/channel.ts'
import { generalTopic } from './parse.ts'

/** How a part is sent: with its markup or as plain text, and as a reply or not. */
export interface PartForm {
  readonly markup: boolean
  readonly reply: boolean
}

/** Returns a chat's id as Telegram takes it, or undefined for what cannot be one: whole numbers and `@name` are. */
export function telegramChatId(chatId: string): number | string | undefined {
  if (/^@[A-Za-z][A-Za-z0-9_]{3,31}$/.test(chatId)) return chatId
  const id = /^-?[1-9]\d{0,15}$/.test(chatId) ? Number(chatId) : Number.NaN
  return Number.isSafeInteger(id) ? id : undefined
}

/** Returns the parameters of `sendMessage` for a part. Only a message's first part replies to what it answers. */
export function messageParameters(part: OutgoingPart, chatId: number | string, form: PartForm) {
  const { text, plain, route, ordinal } = part
  const replyTo = form.reply && ordinal === 0 ? idIn(route, 'replyTo') : undefined
  const topic = route.topic === generalTopic ? undefined : idIn(route, 'topic')
  const directTopic = idIn(route, 'directTopic')
  return {
    chat_id: chatId,
    // A preview would have Telegram open whatever address a model has written.
    link_preview_options: { is_disabled: true },
    ...(form.markup ? { text, parse_mode: 'HTML' as const } : { text: plain ?? text }),
    ...(topic === undefined ? {} : { message_thread_id: topic }),
    ...(directTopic === undefined ? {} : { direct_messages_topic_id: directTopic }),
    ...(replyTo === undefined
      ? {}
      : { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } }),
  }
}

/** Returns the parameters of `sendChatAction`. It, unlike a message, names the general topic of a forum. */
export function typingParameters(route: ChatRoute, chatId: number | string) {
  const topic = idIn(route, 'topic')
  return {
    chat_id: chatId,
    action: 'typing' as const,
    ...(topic === undefined ? {} : { message_thread_id: topic }),
  }
}

function idIn(route: ChatRoute, key: string): number | undefined {
  const id = Number(route[key])
  return Number.isSafeInteger(id) && id > 0 ? id : undefined
}
