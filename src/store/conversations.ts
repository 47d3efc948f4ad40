import type { Conversation, Message, Usage } from '../domain/conversations/conversation.ts'
import type { ConversationStore, HistoryMessage, Keyed, ListConversations } from '../domain/store.ts'
import { integer, integerOrNull, oneOf, text, textOrNull } from './row.ts'
import type { Reader, Row, Statement, Writer } from './statement.ts'

/** The statements that change conversations outside a turn. Messages go with their conversation. */
export const conversationStatements = {
  remove: { sql: 'DELETE FROM conversations WHERE id = ?' },
} as const satisfies Record<string, Statement>

const columns =
  'key, id, channel, chat_id, owner, title, system_prompt, message_count, created_at, updated_at'

/** Returns the verbs about conversations over one reader and one writer. */
export function conversationStore(reader: Reader, writer: Writer): ConversationStore {
  const find = reader.prepare(`SELECT ${columns} FROM conversations WHERE id = ?`)
  const list = listQueries(reader)
  // The lengths are read first, and the texts of the page alone.
  const messages = reader.prepare(
    `WITH sized AS (
       SELECT key, octet_length(content) AS bytes FROM messages
       WHERE conversation_key = (SELECT key FROM conversations WHERE id = ?) AND key > ?
       ORDER BY key LIMIT ?),
     page AS (
       SELECT key, bytes, SUM(bytes) OVER in_order - bytes AS before, ROW_NUMBER() OVER in_order AS place
       FROM sized WINDOW in_order AS (ORDER BY key))
     SELECT m.key, p.bytes, m.id, m.role, m.content, m.status, m.finish_reason, m.created_at, m.reply_to,
       t.model, t.input_tokens, t.output_tokens, t.usage_estimated, t.usage_details
     FROM page p JOIN messages m ON m.key = p.key LEFT JOIN messages t ON t.key = m.reply_to
     WHERE p.before <= ? OR p.place = 2 ORDER BY m.key`,
  )
  const history = reader.prepare(
    `SELECT key, role, content FROM messages
     WHERE conversation_key = (SELECT key FROM conversations WHERE id = ?) AND in_history = 1
     ORDER BY key DESC LIMIT ?`,
  )
  return {
    async find(id) {
      const row = find.get(id)
      return row && toConversation(row)
    },
    async list(query) {
      return list(query).map(keyed(toConversation))
    },
    async messages(conversationId, page) {
      const { afterKey = 0, limit, bytesMax = Number.MAX_SAFE_INTEGER } = page
      const rows = messages.all(conversationId, afterKey, limit, bytesMax)
      return rows.map((row) => ({ ...keyed(toMessage)(row), bytes: integer(row, 'bytes') }))
    },
    async history(conversationId, messagesMax) {
      return history.all(conversationId, messagesMax).map(toHistoryMessage)
    },
    async delete(id) {
      return (await writer.write([[conversationStatements.remove, id]])) > 0
    },
  }
}

// Each shape is a statement of its own, so that every part walks an index in the order of `key` and stops at its limit.
function listQueries(reader: Reader): (query: ListConversations) => readonly Row[] {
  const page = (where: string): string =>
    `SELECT ${columns} FROM conversations WHERE ${where} AND key < ? ORDER BY key DESC LIMIT ?`
  const merged = (first: string, second: string): string =>
    `SELECT * FROM (${page(first)}) AS first UNION ALL SELECT * FROM (${page(second)}) AS second
     ORDER BY key DESC LIMIT ?`
  const all = reader.prepare(page('1 = 1'))
  const allOfChannel = reader.prepare(page('channel = ?'))
  const own = reader.prepare(merged('owner = ?', 'owner IS NULL'))
  const ownOfChannel = reader.prepare(merged('owner = ? AND channel = ?', 'owner IS NULL AND channel = ?'))
  return ({ visibility, channel, limit, beforeKey = Number.MAX_SAFE_INTEGER }) => {
    if (visibility.all) {
      return channel === undefined ? all.all(beforeKey, limit) : allOfChannel.all(channel, beforeKey, limit)
    }
    const { owner } = visibility
    return channel === undefined
      ? own.all(owner, beforeKey, limit, beforeKey, limit, limit)
      : ownOfChannel.all(owner, channel, beforeKey, limit, channel, beforeKey, limit, limit)
  }
}

function keyed<T>(toValue: (row: Row) => T): (row: Row) => Keyed<T> {
  return (row) => ({ key: integer(row, 'key'), value: toValue(row) })
}

function toConversation(row: Row): Conversation {
  return {
    id: text(row, 'id'),
    channel: text(row, 'channel'),
    chatId: text(row, 'chat_id'),
    owner: textOrNull(row, 'owner'),
    title: text(row, 'title'),
    systemPrompt: textOrNull(row, 'system_prompt'),
    messageCount: integer(row, 'message_count'),
    createdAt: integer(row, 'created_at'),
    updatedAt: integer(row, 'updated_at'),
  }
}

function toMessage(row: Row): Message {
  const finishReason = row.finish_reason === null ? null : oneOf(row, 'finish_reason', finishReasons)
  return {
    id: text(row, 'id'),
    role: oneOf(row, 'role', roles),
    content: text(row, 'content'),
    status: oneOf(row, 'status', statuses),
    model: textOrNull(row, 'model'),
    usage: toUsage(row),
    finishReason,
    createdAt: integer(row, 'created_at'),
  }
}

function toUsage(row: Row): Usage | null {
  const inputTokens = integerOrNull(row, 'input_tokens')
  const outputTokens = integerOrNull(row, 'output_tokens')
  if (inputTokens === null || outputTokens === null) return null
  const details = row.usage_details === null ? {} : asDetails(JSON.parse(text(row, 'usage_details')))
  return { inputTokens, outputTokens, ...(row.usage_estimated === 1 ? { estimated: true } : {}), ...details }
}

/** The proven cast from what the column holds. Proof: the statements of turns alone write it, from the same members of the same type. */
function asDetails(value: unknown): Pick<Usage, 'cost' | 'cacheReadTokens' | 'cacheWriteTokens'> {
  return value as Pick<Usage, 'cost' | 'cacheReadTokens' | 'cacheWriteTokens'>
}

/** Returns a row of messages as later turns see it. */
export function toHistoryMessage(row: Row): HistoryMessage {
  return { key: integer(row, 'key'), role: oneOf(row, 'role', roles), content: text(row, 'content') }
}

const roles = ['user', 'assistant'] as const
const statuses = ['pending', 'complete', 'aborted', 'failed'] as const
const finishReasons = ['stop', 'length', 'refusal', 'tool_calls'] as const
