import type { SummaryStore } from '../domain/chat/summary-store.ts'
import { toHistoryMessage } from './conversations.ts'
import { integer, text } from './row.ts'
import type { Reader, Statement, Writer } from './statement.ts'
import { usageOperations } from './usage.ts'
import { eventOperations } from './webhook-events.ts'

/** The statements about summaries. A conversation that is gone takes none. */
export const summaryStatements = {
  save: {
    sql: `INSERT INTO conversation_summaries (conversation_key, covers_key, made_at, model, mark, content)
      SELECT key, ?, ?, ?, ?, ? FROM conversations WHERE id = ?
      ON CONFLICT (conversation_key) DO UPDATE
      SET covers_key = excluded.covers_key, made_at = excluded.made_at, model = excluded.model,
        mark = excluded.mark, content = excluded.content
      WHERE excluded.covers_key > conversation_summaries.covers_key`,
  },
} as const satisfies Record<string, Statement>

/** Returns the verbs about summaries over one reader and one writer. */
export function summaryStore(reader: Reader, writer: Writer): SummaryStore {
  const find = reader.prepare(
    `SELECT covers_key, mark, content FROM conversation_summaries
     WHERE conversation_key = (SELECT key FROM conversations WHERE id = ?)`,
  )
  const messages = reader.prepare(
    `SELECT key, role, content FROM messages
     WHERE conversation_key = (SELECT key FROM conversations WHERE id = ?) AND in_history = 1
       AND key > ? AND key < ?
     ORDER BY key LIMIT ?`,
  )
  return {
    async find(conversationId) {
      const row = find.get(conversationId)
      return (
        row && {
          coversKey: integer(row, 'covers_key'),
          mark: text(row, 'mark'),
          content: text(row, 'content'),
        }
      )
    },
    async messages(conversationId, { afterKey, beforeKey, limit }) {
      return messages.all(conversationId, afterKey, beforeKey, limit).map(toHistoryMessage)
    },
    async save({ conversationId, summary: { coversKey, mark, content }, model, at, billed, events }) {
      const changed = await writer.write([
        ...usageOperations(billed),
        ...eventOperations(events),
        [summaryStatements.save, coversKey, at, model, mark, content, conversationId],
      ])
      return changed > 0
    },
  }
}
