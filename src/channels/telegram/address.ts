import { type Fields, fieldsAt, integerAt, listAt, textAt } from '../fields.ts'
import type { BotIdentity } from './api.ts'
import type { MessageContent } from './content.ts'
import { isForwarded } from './quoted.ts'

/** Whether a group's message is meant for the bot. */
export interface Address {
  readonly isAddressed: boolean
  /** The message without its mentions of the bot. */
  readonly text: string
}

/** Finds out, by Telegram's own entities and never by looking for a name in the text, whether a message is meant for the bot. */
export function addressOf(message: Fields, content: MessageContent, bot: BotIdentity): Address {
  // Who forwards a text that mentions the bot has not called it.
  const spans = isForwarded(message) ? [] : mentionsIn(message, content.words, bot)
  if (spans.length === 0) return { isAddressed: isReplyTo(message, bot), text: content.text }
  const words = withoutSpans(content.words, spans)
  const text = [content.attachments, words].filter((part) => part !== '').join('\n')
  return { isAddressed: true, text }
}

interface Span {
  readonly start: number
  readonly end: number
}

// Offsets and lengths of entities are UTF-16 units, as those of JavaScript's texts.
function mentionsIn(message: Fields, words: string, bot: BotIdentity): readonly Span[] {
  const entities = listAt(message, message.text === undefined ? 'caption_entities' : 'entities')
  const name = `@${bot.username.toLowerCase()}`
  const spans = entities.flatMap((entity): Span[] => {
    const start = integerAt(entity, 'offset') ?? -1
    const end = start + (integerAt(entity, 'length') ?? 0)
    if (start < 0 || end <= start || end > words.length) return []
    const marked = words.slice(start, end).toLowerCase()
    switch (textAt(entity, 'type')) {
      case 'mention':
        return marked === name ? [{ start, end }] : []
      case 'text_mention': {
        const user = fieldsAt(entity, 'user')
        return user && integerAt(user, 'id') === bot.id ? [{ start, end }] : []
      }
      case 'bot_command':
        // `/ask@our_bot`: the command is the person's own word.
        return marked.endsWith(name) ? [{ start: end - name.length, end }] : []
      default:
        return []
    }
  })
  return spans.toSorted((a, b) => a.start - b.start)
}

function withoutSpans(words: string, spans: readonly Span[]): string {
  let rest = ''
  let from = 0
  for (const { start, end } of spans) {
    if (start < from) continue
    const before = words.slice(from, start)
    const isAlone = /(?:^|\s)$/.test(words.slice(0, start)) && /^\s/.test(words.slice(end))
    rest += before
    from = isAlone ? end + 1 : end
  }
  rest += words.slice(from)
  // "@bot, what is…": what is left of the address goes with it.
  return (spans[0]?.start === 0 ? rest.replace(/^\s*[,:]\s*/, '') : rest).trim()
}

// In a forum, what replies to nothing replies to the message that opened the topic, whoever opened it.
function isReplyTo(message: Fields, bot: BotIdentity): boolean {
  const replied = fieldsAt(message, 'reply_to_message')
  if (!replied || replied.forum_topic_created !== undefined) return false
  const author = fieldsAt(replied, 'from')
  return author !== undefined && replied.sender_chat === undefined && integerAt(author, 'id') === bot.id
}
