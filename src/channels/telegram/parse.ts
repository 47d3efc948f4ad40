import type { InboundMessage } from '../../domain/channels/channel.ts'
import { type Fields, fieldsAt, integerAt, isFields, textAt } from '../fields.ts'
import { addressOf } from './address.ts'
import type { BotIdentity } from './api.ts'
import { contentOf } from './content.ts'
import { nameOf } from './name.ts'
import { isForwarded, quotedBy } from './quoted.ts'

/** What an update is to us. */
export type ParsedUpdate =
  | { readonly kind: 'message'; readonly message: InboundMessage }
  /** A new text of an earlier message, which `messageKey` names. */
  | { readonly kind: 'edit'; readonly message: InboundMessage }
  /** A group became a supergroup, which has another id. */
  | { readonly kind: 'moved'; readonly from: string; readonly to: string }
  /** Nothing that is answered: a service message, a channel's post, a kind that we do not know. */
  | { readonly kind: 'ignored' }

const ignored: ParsedUpdate = { kind: 'ignored' }

/** Understands an update of the Bot API (https://core.telegram.org/bots/api#update). Never throws: what it cannot read is ignored. */
export function parseUpdate(update: Fields, bot: BotIdentity, now: number): ParsedUpdate {
  const edited = fieldsAt(update, 'edited_message')
  const sent = edited ?? fieldsAt(update, 'message')
  const chat = sent && fieldsAt(sent, 'chat')
  const chatId = chat && integerAt(chat, 'id')
  if (!sent || !chat || chatId === undefined) return ignored
  const moved = movedOf(sent, chatId)
  if (moved) return moved
  const kind = kindOf(chat)
  const sender = senderOf(sent, bot)
  const messageId = integerAt(sent, 'message_id')
  if (!kind || !sender || messageId === undefined || isNotOurs(sent)) return ignored
  const content = contentOf(sent)
  // Telegram also tells of edits that changed nothing a person wrote, such as a live location that moves on.
  if (content === undefined || (edited && content.words === '')) return ignored
  const quoted = quotedBy(sent, content, bot)
  const address = addressOf(sent, content, bot)
  const isGroup = kind === 'group'
  const own = isForwarded(sent) ? '' : isGroup ? address.text : content.text
  const isBareMention = own.trim() === '' && quoted.length === 0
  return {
    kind: edited ? 'edit' : 'message',
    message: {
      updateId: `${integerAt(update, 'update_id') ?? ''}:${chatId}:${messageId}`,
      chatId: String(chatId),
      route: routeOf(sent, chat, isGroup || edited ? messageId : undefined),
      from: sender,
      kind,
      roomId: isGroup ? String(chatId) : null,
      isAddressed: !isGroup || address.isAddressed,
      text: isBareMention ? content.text : own,
      quoted,
      at: atOf(sent) ?? now,
    },
  }
}

/** Names the message that an update is about, the same for each of its edits. */
export function messageKey({ updateId }: InboundMessage): string {
  return updateId.slice(updateId.indexOf(':') + 1)
}

/** The topic of a forum in which everything stands that has no topic of its own. */
export const generalTopic = '1'

function movedOf(sent: Fields, chatId: number): ParsedUpdate | undefined {
  const to = integerAt(sent, 'migrate_to_chat_id')
  if (to !== undefined) return { kind: 'moved', from: String(chatId), to: String(to) }
  const from = integerAt(sent, 'migrate_from_chat_id')
  return from === undefined ? undefined : { kind: 'moved', from: String(from), to: String(chatId) }
}

function kindOf(chat: Fields): InboundMessage['kind'] | undefined {
  const type = textAt(chat, 'type')
  if (type === 'private') return 'direct'
  return type === 'group' || type === 'supergroup' ? 'group' : undefined
}

// Messages of business accounts and guest queries belong to other chats under the same ids, an ephemeral one is seen by nobody else, and
// a channel's post that is forwarded into its discussion group is not said to us.
function isNotOurs(sent: Fields): boolean {
  return (
    sent.business_connection_id !== undefined ||
    sent.guest_query_id !== undefined ||
    sent.ephemeral_message_id !== undefined ||
    sent.is_automatic_forward === true
  )
}

// An anonymous administrator writes as the group, and `from` then names a bot of Telegram's own.
function senderOf(sent: Fields, bot: BotIdentity): InboundMessage['from'] | undefined {
  const chat = fieldsAt(sent, 'sender_chat')
  const user = fieldsAt(sent, 'from')
  const sender = chat ?? user
  const id = sender && integerAt(sender, 'id')
  if (!sender || id === undefined) return undefined
  return { id: String(id), name: nameOf(sender), isBot: id === bot.id || (!chat && sender.is_bot === true) }
}

function routeOf(sent: Fields, chat: Fields, replyTo: number | undefined): Record<string, string> {
  // Outside of forums the id of a thread is no topic, and Telegram refuses an answer to it.
  const thread = sent.is_topic_message === true ? integerAt(sent, 'message_thread_id') : undefined
  const topic = thread?.toString() ?? (chat.is_forum === true ? generalTopic : undefined)
  const direct = fieldsAt(sent, 'direct_messages_topic')
  const directTopic = direct && integerAt(direct, 'topic_id')
  return {
    ...(topic === undefined ? {} : { topic }),
    ...(directTopic === undefined ? {} : { directTopic: String(directTopic) }),
    ...(replyTo === undefined ? {} : { replyTo: String(replyTo) }),
  }
}

function atOf(sent: Fields): number | undefined {
  const seconds = integerAt(sent, 'edit_date') ?? integerAt(sent, 'date')
  return seconds === undefined ? undefined : 1000 * seconds
}

/** Returns the update as an object with its number, or undefined where it has none. */
export function numberedUpdate(
  update: unknown,
): { readonly id: number; readonly fields: Fields } | undefined {
  const id = isFields(update) ? integerAt(update, 'update_id') : undefined
  return isFields(update) && id !== undefined ? { id, fields: update } : undefined
}
