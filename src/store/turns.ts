import { GatewayError } from '../domain/errors.ts'
import type { BeginTurn, FinishTurn, TurnStore } from '../domain/store.ts'
import { BatchRefusal, type Operation, type Statement, type Writer } from './statement.ts'

/** The statements of a turn. */
export const turnStatements = {
  openConversation: {
    sql: `INSERT INTO conversations
      (id, channel, chat_id, owner, title, system_prompt, message_count, created_at, updated_at)
      VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)`,
  },
  continueConversation: {
    sql: `UPDATE conversations
      SET message_count = message_count + 1, updated_at = ?, system_prompt = COALESCE(?, system_prompt)
      WHERE id = ?`,
    mustChange: true,
  },
  insertQuestion: {
    sql: `INSERT INTO messages (conversation_key, id, role, status, in_history, content, metadata, created_at)
      VALUES ((SELECT key FROM conversations WHERE id = ?), ?, 'user', 'pending', 0, ?, ?, ?)`,
  },
  finishQuestion: {
    sql: `UPDATE messages
      SET status = ?, in_history = ?, model = ?, provider = ?, input_tokens = ?, output_tokens = ?,
        usage_estimated = ?, latency_ms = ?, finished_at = ?
      WHERE id = ? AND status = 'pending'`,
    mustChange: true,
  },
  insertReply: {
    sql: `INSERT INTO messages
      (conversation_key, reply_to, id, role, status, in_history, finish_reason, content, created_at)
      VALUES ((SELECT key FROM conversations WHERE id = ?), (SELECT key FROM messages WHERE id = ?),
        ?, 'assistant', ?, ?, ?, ?, ?)`,
  },
  touchConversation: {
    sql: 'UPDATE conversations SET message_count = message_count + ?, updated_at = ? WHERE id = ?',
  },
  failPending: {
    sql: "UPDATE messages SET status = 'failed', finished_at = ? WHERE status = 'pending'",
  },
} as const satisfies Record<string, Statement>

/** Returns the verbs of a turn over one writer. */
export function turnStore(writer: Writer): TurnStore {
  return {
    async begin(turn) {
      const { id, isNew } = turn.conversation
      await writer.write(beginOperations(turn)).catch((error: unknown) => {
        throw refused(
          error,
          isNew
            ? `The conversation ${JSON.stringify(id)} exists already, or the message's id is taken: ask again.`
            : `The conversation ${JSON.stringify(id)} was deleted meanwhile: start a new one.`,
        )
      })
    },
    async finish(turn) {
      await writer.write(finishOperations(turn)).catch((error: unknown) => {
        throw refused(
          error,
          `The conversation ${JSON.stringify(turn.conversationId)} was deleted meanwhile, or this turn is over already: start a new one.`,
        )
      })
    },
    recover: (at) => writer.write([[turnStatements.failPending, at]]),
  }
}

function beginOperations(turn: BeginTurn): readonly Operation[] {
  const { conversation, at } = turn
  const metadata = turn.metadata ? JSON.stringify(turn.metadata) : null
  const systemPrompt = conversation.systemPrompt ?? null
  return [
    conversation.isNew
      ? [
          turnStatements.openConversation,
          conversation.id,
          conversation.channel,
          conversation.chatId,
          conversation.owner,
          conversation.title,
          systemPrompt,
          at,
          at,
        ]
      : [turnStatements.continueConversation, at, systemPrompt, conversation.id],
    [turnStatements.insertQuestion, conversation.id, turn.messageId, turn.content, metadata, at],
  ]
}

function finishOperations(turn: FinishTurn): readonly Operation[] {
  const { conversationId, userMessageId, reply, usage, at } = turn
  const inHistory = laterTurnsMaySee(turn) ? 1 : 0
  const estimated = usage.estimated ? 1 : null
  const operations: Operation[] = [
    [
      turnStatements.finishQuestion,
      turn.userStatus,
      inHistory,
      turn.model,
      turn.provider,
      usage.inputTokens,
      usage.outputTokens,
      estimated,
      turn.latencyMs,
      at,
      userMessageId,
    ],
    [turnStatements.touchConversation, reply ? 1 : 0, at, conversationId],
  ]
  if (reply) {
    const { id, status, finishReason, content } = reply
    operations.push([
      turnStatements.insertReply,
      conversationId,
      userMessageId,
      id,
      status,
      inHistory,
      finishReason,
      content,
      at,
    ])
  }
  return operations
}

// A question and its reply are shown together or not at all, so that a model never sees an unanswered one.
function laterTurnsMaySee({ userStatus, reply }: FinishTurn): boolean {
  if (userStatus === 'failed' || !reply) return false
  return reply.status === 'complete' || (reply.status === 'aborted' && reply.content !== '')
}

function refused(error: unknown, sentence: string): unknown {
  return error instanceof BatchRefusal ? new GatewayError('conflict', sentence, { cause: error }) : error
}
