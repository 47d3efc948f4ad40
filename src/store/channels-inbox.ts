import type { ChannelState, InboundMessage } from '../domain/channels/channel.ts'
import type { InboxStore, ReceivedMessage } from '../domain/channels/channel-store.ts'
import { chatStatements } from './channels-chats.ts'
import { outboundOperations } from './channels-outbound.ts'
import { requestOperation } from './channels-pairings.ts'
import { integer, text } from './row.ts'
import type { Operation, Reader, Row, Statement, Writer } from './statement.ts'

const pruneRows = 1_000

/** The statements about what came in. */
export const inboxStatements = {
  receive: {
    sql: `INSERT INTO channel_inbox (channel, update_id, chat_id, message_id, status, reason, tries, due_at, received_at, finished_at, message, raw)
      VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)
      ON CONFLICT (channel, update_id) DO NOTHING`,
  },
  begin: {
    sql: "UPDATE channel_inbox SET status = 'begun' WHERE key = ? AND finished_at IS NULL",
    mustChange: true,
  },
  answer: {
    sql: `UPDATE channel_inbox SET status = 'done', finished_at = ?, message = NULL, raw = NULL
      WHERE key = ? AND finished_at IS NULL`,
    mustChange: true,
  },
  retry: {
    sql: 'UPDATE channel_inbox SET tries = tries + 1, due_at = ? WHERE key = ? AND finished_at IS NULL',
  },
  fail: {
    sql: `UPDATE channel_inbox SET status = 'failed', reason = ?, finished_at = ?, message = NULL, raw = NULL
      WHERE key = ? AND finished_at IS NULL`,
    mustChange: true,
  },
  failQuestion: {
    sql: "UPDATE messages SET status = 'failed', finished_at = ? WHERE id = ? AND status = 'pending'",
  },
  prune: {
    sql: `DELETE FROM channel_inbox WHERE key IN
      (SELECT key FROM channel_inbox WHERE finished_at IS NOT NULL AND finished_at < ? ORDER BY finished_at LIMIT ?)`,
  },
} as const satisfies Record<string, Statement>

/** Returns the verbs about what came in, over one reader and one writer. */
export function inboxStore(reader: Reader, writer: Writer): InboxStore {
  const waiting = reader.prepare(
    `SELECT chat_id, MIN(key) AS first FROM channel_inbox WHERE channel = ? AND finished_at IS NULL
     GROUP BY chat_id ORDER BY first LIMIT ?`,
  )
  const next = reader.prepare(
    `SELECT i.key, i.chat_id, i.message_id, i.tries, i.due_at, i.message, m.status AS question
     FROM channel_inbox i LEFT JOIN messages m ON m.id = i.message_id
     WHERE i.channel = ? AND i.chat_id = ? AND i.finished_at IS NULL ORDER BY i.key LIMIT 1`,
  )
  return {
    async receive(received, state) {
      return (await writer.write(receiveOperations(received, state))) > 0
    },
    async waiting(channel, limit) {
      return waiting.all(channel, limit).map((row) => text(row, 'chat_id'))
    },
    async next({ channel, chatId }) {
      const row = next.get(channel, chatId)
      return row && { ...rowOf(row), isBegun: row.question === 'pending' }
    },
    async retry(key, dueAt) {
      await writer.write([[inboxStatements.retry, dueAt, key]])
    },
    async fail({ key, messageId, reason, at, notice }) {
      await writer.write([
        [inboxStatements.fail, reason, at, key],
        [inboxStatements.failQuestion, at, messageId],
        ...outboundOperations(notice),
      ])
    },
    prune: (finishedBefore) => writer.write([[inboxStatements.prune, finishedBefore, pruneRows]]),
  }
}

/** Returns the operation by which a turn's beginning notes that it answers a message of the inbox. */
export function begunOperation(inboxKey: number): Operation {
  return [inboxStatements.begin, inboxKey]
}

/** Returns the operation by which a turn's end takes its message out of the inbox, once. */
export function answeredOperation(inboxKey: number, at: number): Operation {
  return [inboxStatements.answer, at, inboxKey]
}

// The row of the message stands last: how many rows it changed tells a copy from the first one.
function receiveOperations(received: ReceivedMessage, state?: ChannelState): readonly Operation[] {
  const { channel, message, raw, messageId, at, ignored, pairing } = received
  const isKept = ignored === undefined
  return [
    ...(state ? [[chatStatements.remember, channel, state.name, state.value] as const] : []),
    ...(pairing ? [requestOperation(pairing.request), ...outboundOperations(pairing.notice)] : []),
    [
      inboxStatements.receive,
      channel,
      message.updateId,
      message.chatId,
      messageId,
      isKept ? 'waiting' : 'ignored',
      ignored ?? null,
      at,
      at,
      isKept ? null : at,
      isKept ? JSON.stringify(message) : null,
      isKept ? raw : null,
    ],
  ]
}

function rowOf(row: Row) {
  return {
    key: integer(row, 'key'),
    // A chat that was given another id since has it in the row.
    message: { ...asMessage(JSON.parse(text(row, 'message'))), chatId: text(row, 'chat_id') },
    messageId: text(row, 'message_id'),
    tries: integer(row, 'tries'),
    dueAt: integer(row, 'due_at'),
  }
}

/** The proven cast from what the column holds. Proof: `receiveOperations` alone writes it, from the same type, which is JSON-safe. */
function asMessage(value: unknown): InboundMessage {
  return value as InboundMessage
}
