import { channelNames } from '../domain/channels/access.ts'
import type { ChatRoute } from '../domain/channels/channel.ts'
import type {
  ChannelOutboxStore,
  OutboundDetails,
  OutboundMessage,
  OutboundOutcome,
  OutboundRow,
  SentMessage,
  SettledPart,
} from '../domain/channels/channel-store.ts'
import { GatewayError } from '../domain/errors.ts'
import { chatStatements } from './channels-chats.ts'
import { messageKeyOperation } from './idempotency.ts'
import { integer, integerOrNull, oneOf, text, textOrNull } from './row.ts'
import {
  BatchRefusal,
  type Operation,
  type Reader,
  type Row,
  type Statement,
  type Writer,
} from './statement.ts'
import { eventOperations } from './webhook-events.ts'

const pruneRows = 500

/** The statements about what goes out. */
export const outboundStatements = {
  insert: {
    sql: `INSERT INTO channel_outbox (id, kind, channel, chat_id, route, conversation_id, status, give_up_at, created_at, details)
      VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?)`,
  },
  insertPart: {
    sql: `INSERT INTO channel_parts (outbox_key, ordinal, nonce, plain, content)
      VALUES ((SELECT key FROM channel_outbox WHERE id = ?), ?, ?, ?, ?)`,
  },
  // What stands in the chat is not kept twice.
  settlePart: {
    sql: `UPDATE channel_parts SET external_id = ?, refusal = ?, settled_at = ?, plain = NULL, content = NULL
      WHERE key = ? AND settled_at IS NULL`,
    mustChange: true,
  },
  finish: {
    sql: `UPDATE channel_outbox SET status = 'sent', finished_at = ?, conversation_id = ?, details = NULL
      WHERE key = ? AND finished_at IS NULL`,
    mustChange: true,
  },
  fail: {
    sql: `UPDATE channel_outbox SET status = 'failed', reason = ?, finished_at = ?, details = NULL
      WHERE id = ? AND finished_at IS NULL`,
    mustChange: true,
  },
  dropParts: {
    sql: `UPDATE channel_parts SET plain = NULL, content = NULL
      WHERE outbox_key = (SELECT key FROM channel_outbox WHERE id = ?) AND settled_at IS NULL`,
  },
  openConversation: {
    sql: `INSERT INTO conversations (id, channel, chat_id, owner, title, message_count, created_at, updated_at)
      VALUES (?, ?, ?, NULL, ?, 0, ?, ?)`,
  },
  insertMessage: {
    sql: `INSERT INTO messages (conversation_key, id, role, status, in_history, content, metadata, created_at, finished_at)
      VALUES ((SELECT key FROM conversations WHERE id = ?), ?, 'assistant', 'complete', 1, ?, ?, ?, ?)`,
  },
  countMessage: {
    sql: 'UPDATE conversations SET message_count = message_count + 1, updated_at = ? WHERE id = ?',
    mustChange: true,
  },
  prune: {
    sql: `DELETE FROM channel_outbox WHERE key IN
      (SELECT key FROM channel_outbox WHERE finished_at IS NOT NULL AND finished_at < ? ORDER BY finished_at LIMIT ?)`,
  },
} as const satisfies Record<string, Statement>

/** Returns the verbs about what goes out, over one reader and one writer. */
export function outboundStore(reader: Reader, writer: Writer): ChannelOutboxStore {
  const waiting = reader.prepare(
    `SELECT chat_id, MIN(key) AS first FROM channel_outbox WHERE channel = ? AND finished_at IS NULL
     GROUP BY chat_id ORDER BY first LIMIT ?`,
  )
  const head = reader.prepare(
    `SELECT key, id, channel, chat_id, route, conversation_id, give_up_at, details FROM channel_outbox
     WHERE channel = ? AND chat_id = ? AND finished_at IS NULL ORDER BY key LIMIT 1`,
  )
  const parts = reader.prepare(
    `SELECT key, ordinal, nonce, plain, content FROM channel_parts
     WHERE outbox_key = ? AND settled_at IS NULL ORDER BY ordinal LIMIT 2`,
  )
  const externalIds = reader.prepare(
    'SELECT external_id FROM channel_parts WHERE outbox_key = ? AND external_id IS NOT NULL ORDER BY ordinal',
  )
  const find = reader.prepare(
    'SELECT key, id, channel, chat_id, conversation_id, status, reason, finished_at FROM channel_outbox WHERE id = ?',
  )
  const reply = reader.prepare('SELECT content FROM messages WHERE id = ?')
  const externalIdsOf = (key: number) => externalIds.all(key).map((row) => text(row, 'external_id'))
  return {
    async add(message) {
      await writer.write(outboundOperations(message)).catch((error: unknown) => {
        if (!(error instanceof BatchRefusal)) throw error
        throw new GatewayError('conflict', 'A message of this id is under way already.', { cause: error })
      })
    },
    async waiting(channel, limit) {
      return waiting.all(channel, limit).map((row) => text(row, 'chat_id'))
    },
    async next({ channel, chatId }) {
      return reader.snapshot(() => {
        const row = head.get(channel, chatId)
        return row && toRow(row, parts.all(integer(row, 'key')))
      })
    },
    async externalIds(key) {
      return externalIdsOf(key)
    },
    async settle(settled) {
      await writer.write([settleOperation(settled)])
    },
    async finish(sent) {
      await writer.write(finishOperations(sent)).catch((error: unknown) => {
        if (!(error instanceof BatchRefusal)) throw error
        throw new GatewayError('conflict', "The chat's conversation was opened or deleted meanwhile.", {
          cause: error,
        })
      })
    },
    async fail(id, reason, at) {
      try {
        await writer.write([
          [outboundStatements.fail, reason, at, id],
          [outboundStatements.dropParts, id],
        ])
        return true
      } catch (error) {
        if (error instanceof BatchRefusal) return false
        throw error
      }
    },
    async find(id) {
      const row = find.get(id)
      return row && toOutcome(row, externalIdsOf(integer(row, 'key')))
    },
    async replyText(id) {
      const row = reply.get(id)
      return row && text(row, 'content')
    },
    prune: (finishedBefore) => writer.write([[outboundStatements.prune, finishedBefore, pruneRows]]),
  }
}

/** Returns the operations that store a message on its way, with its parts. */
export function outboundOperations(message: OutboundMessage): readonly Operation[] {
  const { id, kind, channel, chatId, route, conversationId, at, giveUpAt, details, parts, key } = message
  return [
    [
      outboundStatements.insert,
      id,
      kind,
      channel,
      chatId,
      JSON.stringify(route),
      conversationId,
      giveUpAt,
      at,
      JSON.stringify(details),
    ],
    ...(key ? [messageKeyOperation({ ...key, messageId: id })] : []),
    ...parts.map(
      ({ nonce, plain, text: content }, ordinal): Operation => [
        outboundStatements.insertPart,
        id,
        ordinal,
        nonce,
        plain ?? null,
        content,
      ],
    ),
  ]
}

function settleOperation(settled: SettledPart): Operation {
  const externalId = 'externalId' in settled ? settled.externalId : null
  const refusal = 'refusal' in settled ? settled.refusal : null
  return [outboundStatements.settlePart, externalId, refusal, settled.at, settled.partKey]
}

function finishOperations({ row, last, at, history, events }: SentMessage): readonly Operation[] {
  const conversationId = history?.conversation.id ?? row.conversationId
  return [
    settleOperation(last),
    ...historyOperations(row, at, history),
    [chatStatements.reopen, row.channel, row.chatId],
    ...eventOperations(events),
    [outboundStatements.finish, at, conversationId, row.key],
  ]
}

function historyOperations(
  { id, channel, chatId }: OutboundRow,
  at: number,
  history: SentMessage['history'],
): readonly Operation[] {
  if (!history) return []
  const { conversation, content, metadata } = history
  const kept = metadata ? JSON.stringify(metadata) : null
  const { openConversation, insertMessage, countMessage } = outboundStatements
  return [
    ...(conversation.isNew
      ? [[openConversation, conversation.id, channel, chatId, conversation.title, at, at] as const]
      : []),
    [countMessage, at, conversation.id],
    [insertMessage, conversation.id, id, content, kept, at, at],
  ]
}

function toRow(row: Row, [first, second]: readonly Row[]): OutboundRow | undefined {
  if (!first) return undefined
  const plain = textOrNull(first, 'plain')
  return {
    key: integer(row, 'key'),
    id: text(row, 'id'),
    channel: oneOf(row, 'channel', channelNames),
    chatId: text(row, 'chat_id'),
    route: asRoute(JSON.parse(text(row, 'route'))),
    conversationId: textOrNull(row, 'conversation_id'),
    giveUpAt: integer(row, 'give_up_at'),
    details: asDetails(JSON.parse(text(row, 'details'))),
    part: {
      key: integer(first, 'key'),
      ordinal: integer(first, 'ordinal'),
      nonce: text(first, 'nonce'),
      text: text(first, 'content'),
      ...(plain === null ? {} : { plain }),
    },
    isLast: second === undefined,
  }
}

function toOutcome(row: Row, externalIds: readonly string[]): OutboundOutcome {
  return {
    id: text(row, 'id'),
    channel: oneOf(row, 'channel', channelNames),
    chatId: text(row, 'chat_id'),
    status: oneOf(row, 'status', ['waiting', 'sent', 'failed'] as const),
    reason: textOrNull(row, 'reason'),
    conversationId: textOrNull(row, 'conversation_id'),
    externalIds,
    finishedAt: integerOrNull(row, 'finished_at'),
  }
}

/** The proven cast from what the column holds. Proof: `outboundOperations` alone writes it, from the same type, which is JSON-safe. */
function asRoute(value: unknown): ChatRoute {
  return value as ChatRoute
}

/** The proven cast from what the column holds. Proof: as for the route. */
function asDetails(value: unknown): OutboundDetails {
  return value as OutboundDetails
}
