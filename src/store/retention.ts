import type { RetentionStore } from '../domain/conversations/retention-store.ts'
import { appendOperation } from './audit-chain.ts'
import { integer, text } from './row.ts'
import type { Operation, Reader, Statement, Writer } from './statement.ts'

/** The statements that remove what is kept no longer. */
export const retentionStatements = {
  trim: {
    sql: `DELETE FROM messages WHERE key IN (
      SELECT key FROM messages
      WHERE conversation_key = (SELECT key FROM conversations WHERE id = ? AND updated_at < ?)
      ORDER BY key LIMIT ?)`,
  },
  remove: { sql: 'DELETE FROM conversations WHERE id = ? AND updated_at < ?' },
} as const satisfies Record<string, Statement>

const lookedAt = 1_000
const trimmed = 500

/**
 * Returns the verbs of retention over one reader and one writer. Conversations are walked in the order of `key`: an index by time would
 * cost every turn a write.
 */
export function retentionStore(reader: Reader, writer: Writer): RetentionStore {
  const page = reader.prepare(
    'SELECT key, id, message_count, updated_at FROM conversations WHERE key > ? ORDER BY key LIMIT ?',
  )
  return {
    async stale({ before, afterKey }) {
      const rows = page.all(afterKey, lookedAt)
      const last = rows.length < lookedAt ? undefined : rows.at(-1)
      return {
        conversations: rows
          .filter((row) => integer(row, 'updated_at') < before)
          .map((row) => ({ id: text(row, 'id'), messageCount: integer(row, 'message_count') })),
        next: last && integer(last, 'key'),
      }
    },
    trim: (id, before) => writer.write([[retentionStatements.trim, id, before, trimmed]]),
    async remove(ids, before, audit) {
      const removals = ids.map((id): Operation => [retentionStatements.remove, id, before])
      await writer.write([...removals, appendOperation(audit)])
    },
  }
}
