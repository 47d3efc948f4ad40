import type { InboundMessage, QuotedText } from '../../domain/channels/channel.ts'
import { type Fields, fieldsAt, listAt, textAt } from '../fields.ts'
import { contentOf, type Names, nameOf } from './content.ts'
import { isSnowflake, timeOf } from './snowflake.ts'

// A message and a reply, and what our own commands would be answered with. All else tells of joins, pins, threads and boosts.
const messageTypes: ReadonlySet<unknown> = new Set([undefined, 0, 19, 20, 23])

/**
 * Reads a message as Discord's gateway and its history have them. `guildId` is the server that its channel is known to be in, null for a
 * direct chat: a history does not say. Undefined for what is no message of anybody.
 */
export function parseMessage(
  message: Fields,
  guildId: string | null,
  names: Names,
): InboundMessage | undefined {
  const id = textAt(message, 'id')
  const chatId = textAt(message, 'channel_id')
  const author = fieldsAt(message, 'author')
  if (author === undefined) return undefined
  const authorId = textAt(author, 'id')
  if (id === undefined || !isSnowflake(id) || chatId === undefined || authorId === undefined) return undefined
  if (!messageTypes.has(message.type)) return undefined
  const isDirect = guildId === null
  const sentAt = Date.parse(textAt(message, 'timestamp') ?? '')
  return {
    updateId: id,
    chatId,
    route: isDirect ? {} : { replyTo: id },
    from: {
      id: authorId,
      name: nameOf(author, fieldsAt(message, 'member')),
      isBot: author.bot === true || textAt(message, 'webhook_id') !== undefined || authorId === names.botId,
    },
    kind: isDirect ? 'direct' : 'group',
    roomId: guildId,
    isAddressed: isDirect || isAddressed(message, names),
    text: contentOf(message, names),
    quoted: quotedOf(message, names),
    at: Number.isNaN(sentAt) ? timeOf(id) : sentAt,
  }
}

// Never by @everyone or @here: who rings all means nobody.
function isAddressed(message: Fields, { botId, botRoleIds }: Names): boolean {
  if (listAt(message, 'mentions').some((user) => user.id === botId)) return true
  const content = textAt(message, 'content') ?? ''
  if (content.includes(`<@${botId}>`) || content.includes(`<@!${botId}>`)) return true
  const roles = Array.isArray(message.mention_roles) ? message.mention_roles : []
  if (roles.some((id) => typeof id === 'string' && botRoleIds.has(id))) return true
  const repliedTo = message.type === 19 ? fieldsAt(message, 'referenced_message') : undefined
  return repliedTo !== undefined && fieldsAt(repliedTo, 'author')?.id === botId
}

function quotedOf(message: Fields, names: Names): readonly QuotedText[] {
  const quoted: QuotedText[] = []
  const repliedTo = fieldsAt(message, 'referenced_message')
  const author = repliedTo && fieldsAt(repliedTo, 'author')
  // What we have said ourselves stands in the conversation.
  if (author && author.id !== names.botId) {
    const text = contentOf(repliedTo, names)
    quoted.push({ kind: 'quote', from: nameOf(author, fieldsAt(repliedTo, 'member')), text })
  }
  for (const snapshot of listAt(message, 'message_snapshots')) {
    const forwarded = fieldsAt(snapshot, 'message')
    if (forwarded) {
      const text = [contentOf(forwarded, names), ...embedTexts(forwarded)].join('\n')
      quoted.push({ kind: 'forward', from: 'another chat', text })
    }
  }
  const embedded = embedTexts(message).join('\n')
  if (embedded !== '') quoted.push({ kind: 'quote', from: 'an embed', text: embedded })
  return quoted
}

function embedTexts(message: Fields): readonly string[] {
  return listAt(message, 'embeds')
    .filter((embed) => embed.type === 'rich')
    .map((embed) =>
      [textAt(embed, 'title'), textAt(embed, 'description')].filter((text) => text !== undefined).join('\n'),
    )
    .filter((text) => text !== '')
}
