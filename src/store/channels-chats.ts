import type { ChatStore } from '../domain/channels/channel-store.ts'
import { text } from './row.ts'
import type { Reader, Statement, Writer } from './statement.ts'

const knownMax = 10_000

/** The statements about chats and what adapters want remembered. */
export const chatStatements = {
  remember: {
    sql: `INSERT INTO channel_states (channel, name, value) VALUES (?, ?, ?)
      ON CONFLICT (channel, name) DO UPDATE SET value = excluded.value`,
  },
  moveConversation: {
    sql: `UPDATE conversations SET chat_id = ? WHERE channel = ? AND chat_id = ? AND owner IS NULL
      AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.channel = ? AND c.chat_id = ? AND c.owner IS NULL)`,
  },
  moveInbox: {
    sql: 'UPDATE channel_inbox SET chat_id = ? WHERE channel = ? AND chat_id = ? AND finished_at IS NULL',
  },
  moveOutbox: {
    sql: 'UPDATE channel_outbox SET chat_id = ? WHERE channel = ? AND chat_id = ? AND finished_at IS NULL',
  },
  close: {
    sql: `INSERT INTO channel_closed_chats (channel, chat_id, closed_at, reason) VALUES (?, ?, ?, ?)
      ON CONFLICT (channel, chat_id) DO UPDATE SET closed_at = excluded.closed_at, reason = excluded.reason`,
  },
  reopen: { sql: 'DELETE FROM channel_closed_chats WHERE channel = ? AND chat_id = ?' },
} as const satisfies Record<string, Statement>

/** Returns the verbs about chats over one reader and one writer. */
export function chatStore(reader: Reader, writer: Writer): ChatStore {
  const conversation = reader.prepare(
    'SELECT id FROM conversations WHERE channel = ? AND chat_id = ? AND owner IS NULL',
  )
  const known = reader.prepare(
    `SELECT chat_id FROM conversations WHERE owner IS NULL AND channel = ? AND NOT EXISTS
       (SELECT 1 FROM channel_closed_chats d WHERE d.channel = conversations.channel AND d.chat_id = conversations.chat_id)
     ORDER BY key DESC LIMIT ?`,
  )
  const state = reader.prepare('SELECT value FROM channel_states WHERE channel = ? AND name = ?')
  return {
    async conversation({ channel, chatId }) {
      const row = conversation.get(channel, chatId)
      return row && text(row, 'id')
    },
    async known(channel) {
      return known.all(channel, knownMax).map((row) => text(row, 'chat_id'))
    },
    async move(channel, from, to) {
      await writer.write([
        [chatStatements.moveConversation, to, channel, from, channel, to],
        [chatStatements.moveInbox, to, channel, from],
        [chatStatements.moveOutbox, to, channel, from],
        [chatStatements.reopen, channel, from],
      ])
    },
    async close({ channel, chatId }, reason, at) {
      await writer.write([[chatStatements.close, channel, chatId, at, reason]])
    },
    async recall(channel, name) {
      const row = state.get(channel, name)
      return row && text(row, 'value')
    },
    async remember(channel, { name, value }) {
      await writer.write([[chatStatements.remember, channel, name, value]])
    },
  }
}
