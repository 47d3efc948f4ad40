import type { InboundMessage, QuotedText } from '../../domain/channels/channel.ts'
import { type Fields, fieldsAt, isFields, listAt, textAt } from '../fields.ts'
import { fileText } from './files.ts'
import type { Named } from './names.ts'
import { mentionedIds, mentions, readableText, withoutMention } from './text.ts'

/** Who the bot is, by Slack's ids. */
export interface BotIdentity {
  readonly userId: string
  readonly botId: string | undefined
}

/** A message that is complete but for the names in it. */
export interface ParsedMessage {
  readonly chatId: string
  /** People and channels whose names are needed, the sender first. */
  readonly ids: readonly string[]
  finish(names: ReadonlyMap<string, Named>): InboundMessage
}

// What people write. Joins, topics, edits and deletions are no messages of theirs.
const subtypes: ReadonlySet<unknown> = new Set([
  undefined,
  'file_share',
  'thread_broadcast',
  'me_message',
  'bot_message',
])
const idsMax = 20

/**
 * Reads the payload of an `events_api` envelope. A mention comes as `message` and as `app_mention`: both read the same, under one
 * `updateId`. Undefined for what is no message, or is our own.
 */
export function parseMessage(payload: Fields, bot: BotIdentity): ParsedMessage | undefined {
  const event = fieldsAt(payload, 'event') ?? {}
  const chatId = textAt(event, 'channel')
  const ts = textAt(event, 'ts')
  const botId = textAt(event, 'bot_id')
  const sender = textAt(event, 'user') ?? botId
  if (event.type !== 'message' && event.type !== 'app_mention') return undefined
  if (!subtypes.has(event.subtype) || event.hidden === true) return undefined
  if (chatId === undefined || ts === undefined || sender === undefined) return undefined
  if (isOwn(payload, event, bot)) return undefined

  const isDirect = event.channel_type === 'im' || chatId.startsWith('D')
  const words = withoutMention(textAt(event, 'text') ?? '', bot.userId)
  const forwards = forwardsOf(event)
  const files = listAt(event, 'files').map(fileText)
  const thread = textAt(event, 'thread_ts')
  const message = {
    updateId: `${chatId}:${ts}`,
    chatId,
    route: thread === undefined ? {} : { threadTs: thread },
    kind: isDirect ? 'direct' : 'group',
    roomId: isDirect ? null : chatId,
    isAddressed: isDirect || event.type === 'app_mention' || isAddressed(event, bot),
    at: Math.floor(1000 * Number(ts)) || 0,
  } as const

  return {
    chatId,
    ids: [sender, ...mentionedIds([words, ...forwards.map(({ text }) => text)].join('\n'))]
      .filter((id) => !id.startsWith('B'))
      .slice(0, idsMax),
    finish(names) {
      const known = names.get(sender)
      const isBot = botId !== undefined || event.subtype === 'bot_message' || known?.isBot === true
      return {
        ...message,
        from: { id: sender, name: known?.name ?? textAt(event, 'username') ?? sender, isBot },
        text: [...files, readableText(words, names)].filter((part) => part !== '').join('\n'),
        quoted: forwards.map((forward) => ({ ...forward, text: readableText(forward.text, names) })),
      }
    },
  }
}

function isOwn(payload: Fields, event: Fields, bot: BotIdentity): boolean {
  const botId = textAt(event, 'bot_id')
  if (textAt(event, 'user') === bot.userId) return true
  if (botId === undefined) return false
  const appId = textAt(event, 'app_id') ?? textAt(fieldsAt(event, 'bot_profile') ?? {}, 'app_id')
  return botId === bot.botId || (appId !== undefined && appId === textAt(payload, 'api_app_id'))
}

// A mention can stand in the blocks alone; a reply in a thread that the bot began is one to the bot.
function isAddressed(event: Fields, bot: BotIdentity): boolean {
  return (
    mentions(textAt(event, 'text') ?? '', bot.userId) ||
    textAt(event, 'parent_user_id') === bot.userId ||
    mentionedInBlocks(event.blocks, bot.userId, 0)
  )
}

const blocksDepthMax = 8

function mentionedInBlocks(blocks: unknown, userId: string, depth: number): boolean {
  if (!Array.isArray(blocks) || depth > blocksDepthMax) return false
  return blocks.some(
    (block) =>
      isFields(block) &&
      ((block.type === 'user' && block.user_id === userId) ||
        mentionedInBlocks(block.elements, userId, depth + 1)),
  )
}

// A message that was shared or linked to stands in the attachments, with its own author.
function forwardsOf(event: Fields): readonly QuotedText[] {
  return listAt(event, 'attachments')
    .filter((attachment) => attachment.is_share === true || attachment.is_msg_unfurl === true)
    .map((attachment) => ({
      kind: 'forward' as const,
      from: textAt(attachment, 'author_name') ?? textAt(attachment, 'author_subname') ?? 'somebody',
      text: textAt(attachment, 'text') ?? textAt(attachment, 'fallback') ?? '',
    }))
    .filter(({ text }) => text !== '')
}
