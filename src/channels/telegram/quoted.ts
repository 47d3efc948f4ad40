import type { QuotedText } from '../../domain/channels/channel.ts'
import { type Fields, fieldsAt, integerAt, textAt } from '../fields.ts'
import type { BotIdentity } from './api.ts'
import { contentOf, type MessageContent } from './content.ts'
import { nameOf } from './name.ts'

/** Returns what a message points at: the text that it forwards, and the one that it replies to where the bot has not said it itself. */
export function quotedBy(message: Fields, content: MessageContent, bot: BotIdentity): readonly QuotedText[] {
  const quotes: QuotedText[] = []
  const reply = repliedBy(message, bot)
  if (reply) quotes.push(reply)
  if (isForwarded(message)) quotes.push({ kind: 'forward', from: originOf(message), text: content.text })
  return quotes
}

/** Tells whether a message's text is somebody else's. */
export function isForwarded(message: Fields): boolean {
  return fieldsAt(message, 'forward_origin') !== undefined || message.forward_date !== undefined
}

function repliedBy(message: Fields, bot: BotIdentity): QuotedText | undefined {
  const replied = fieldsAt(message, 'reply_to_message')
  const elsewhere = fieldsAt(message, 'external_reply')
  const passage = fieldsAt(message, 'quote')
  const text = (passage && textAt(passage, 'text')) ?? ''
  if (elsewhere) {
    const from = originOf({ forward_origin: elsewhere.origin })
    return quote(from, text || contentOf(elsewhere)?.text)
  }
  if (!replied || replied.forum_topic_created !== undefined) return undefined
  const author = fieldsAt(replied, 'sender_chat') ?? fieldsAt(replied, 'from')
  const from = author ? nameOf(author) : 'unknown'
  if (text !== '') return quote(from, text)
  // What the bot has said stands in the conversation already.
  return author && integerAt(author, 'id') === bot.id ? undefined : quote(from, contentOf(replied)?.text)
}

function quote(from: string, text: string | undefined): QuotedText | undefined {
  return text === undefined || text === '' ? undefined : { kind: 'quote', from, text }
}

// https://core.telegram.org/bots/api#messageorigin, and the fields that older servers have instead.
function originOf(message: Fields): string {
  const origin = fieldsAt(message, 'forward_origin') ?? {}
  const sender =
    fieldsAt(origin, 'sender_user') ??
    fieldsAt(origin, 'sender_chat') ??
    fieldsAt(origin, 'chat') ??
    fieldsAt(message, 'forward_from') ??
    fieldsAt(message, 'forward_from_chat')
  if (sender) return nameOf(sender)
  return textAt(origin, 'sender_user_name') ?? textAt(message, 'forward_sender_name') ?? 'unknown'
}
