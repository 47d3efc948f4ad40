import { GatewayError } from '../domain/errors.ts'
import type { BeginTurn, FinishTurn, TurnStore } from '../domain/store.ts'
import { appendOperation } from './audit-chain.ts'
import { answeredOperation, begunOperation } from './channels-inbox.ts'
import { outboundOperations } from './channels-outbound.ts'
import { answeredKeyOperation } from './idempotency.ts'
import { BatchRefusal, type Operation, type SqlValue, type Statement, type Writer } from './statement.ts'
import { usageOperations } from './usage.ts'
import { eventOperations } from './webhook-events.ts'

/** The statements of a turn. */
export const turnStatements = {
  openConversation: {
    sql: `INSERT INTO conversations
      (id, channel, chat_id, owner, title, system_prompt, message_count, created_at, updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  },
  continueConversation: {
    sql: `UPDATE conversations
      SET message_count = message_count + ?, updated_at = ?, system_prompt = COALESCE(?, system_prompt)
      WHERE id = ?`,
    mustChange: true,
  },
  insertQuestion: {
    sql: `INSERT INTO messages (conversation_key, id, role, status, in_history, content, metadata, created_at)
      VALUES ((SELECT key FROM conversations WHERE id = ?), ?, 'user', 'pending', 0, ?, ?, ?)`,
  },
  insertFinishedQuestion: {
    sql: `INSERT INTO messages (conversation_key, id, role, content, metadata, created_at, status, in_history, model, provider,
        input_tokens, output_tokens, usage_estimated, usage_details, latency_ms, finished_at)
      VALUES ((SELECT key FROM conversations WHERE id = ?), ?, 'user', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  },
  finishQuestion: {
    sql: `UPDATE messages
      SET status = ?, in_history = ?, model = ?, provider = ?, input_tokens = ?, output_tokens = ?,
        usage_estimated = ?, usage_details = ?, latency_ms = ?, finished_at = ?
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
    sql: `UPDATE messages SET status = 'failed', finished_at = ? WHERE status = 'pending'
      AND NOT EXISTS (SELECT 1 FROM channel_inbox i WHERE i.message_id = messages.id AND i.finished_at IS NULL)`,
  },
} as const satisfies Record<string, Statement>

/** How long a beginning waits for its end, so that a quick turn is one batch. */
const lingerMs = 10
const waitingMax = 1_000

interface Beginning {
  readonly turn: BeginTurn
  readonly stored: PromiseWithResolvers<void>
}

/** The verbs of a turn, and what must be called before the writer is drained. */
export interface TurnStoreParts {
  readonly turns: TurnStore
  /** Writes the beginnings that still wait. */
  flush(): void
}

/**
 * Returns the verbs of a turn over one writer. A beginning is written within 10 ms; a turn that ends before is written whole, as one
 * batch of fewer statements. Who waits for either is told when it is durable.
 */
export function turnStore(writer: Writer): TurnStoreParts {
  const waiting = new Map<string, Beginning>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    const beginnings = [...waiting.values()]
    waiting.clear()
    for (const { turn, stored } of beginnings) {
      writer.write(beginOperations(turn)).then(
        () => stored.resolve(),
        (error: unknown) => stored.reject(beginRefused(error, turn)),
      )
    }
  }
  const turns: TurnStore = {
    begin(turn) {
      // A message's id that comes twice is the writer's to refuse.
      if (waiting.has(turn.messageId)) flush()
      const stored = Promise.withResolvers<void>()
      waiting.set(turn.messageId, { turn, stored })
      if (waiting.size < waitingMax) timer ??= setTimeout(flush, lingerMs)
      else flush()
      return stored.promise
    },
    async finish(turn) {
      const beginning = waiting.get(turn.userMessageId)
      if (!beginning) {
        await writer.write(finishOperations(turn)).catch((error: unknown) => {
          throw finishRefused(error, turn)
        })
        return
      }
      waiting.delete(turn.userMessageId)
      try {
        await writer.write(wholeOperations(beginning.turn, turn))
        beginning.stored.resolve()
      } catch (error) {
        const refusal = beginRefused(error, beginning.turn)
        beginning.stored.reject(refusal)
        throw refusal
      }
    },
    recover: (at) => writer.write([[turnStatements.failPending, at]]),
  }
  return { turns, flush }
}

function beginOperations(turn: BeginTurn): readonly Operation[] {
  const { conversation, messageId, content, at } = turn
  return [
    conversationOperation(turn, 1, at),
    [turnStatements.insertQuestion, conversation.id, messageId, content, metadataOf(turn), at],
    ...begunOperations(turn),
    ...eventOperations(turn.events),
  ]
}

function finishOperations(turn: FinishTurn): readonly Operation[] {
  const { conversationId, userMessageId, reply, at } = turn
  return [
    [turnStatements.finishQuestion, ...outcomeOf(turn), userMessageId],
    [turnStatements.touchConversation, reply ? 1 : 0, at, conversationId],
    ...endOperations(turn),
  ]
}

function wholeOperations(begun: BeginTurn, turn: FinishTurn): readonly Operation[] {
  const { conversation, messageId, content, at } = begun
  const question = [conversation.id, messageId, content, metadataOf(begun), at] as const
  return [
    conversationOperation(begun, turn.reply ? 2 : 1, turn.at),
    [turnStatements.insertFinishedQuestion, ...question, ...outcomeOf(turn)],
    ...begunOperations(begun),
    ...eventOperations(begun.events),
    ...endOperations(turn),
  ]
}

function conversationOperation(
  { conversation, at }: BeginTurn,
  messages: number,
  updatedAt: number,
): Operation {
  const { id, channel, chatId, owner, title, isNew } = conversation
  const systemPrompt = conversation.systemPrompt ?? null
  return isNew
    ? [
        turnStatements.openConversation,
        id,
        channel,
        chatId,
        owner,
        title,
        systemPrompt,
        messages,
        at,
        updatedAt,
      ]
    : [turnStatements.continueConversation, messages, updatedAt, systemPrompt, id]
}

function begunOperations({ inboxKey }: BeginTurn): readonly Operation[] {
  return inboxKey === undefined ? [] : [begunOperation(inboxKey)]
}

function metadataOf({ metadata }: BeginTurn): string | null {
  return metadata ? JSON.stringify(metadata) : null
}

// From `status` to `finished_at`, in the order of both statements that write a question's outcome.
function outcomeOf(turn: FinishTurn): readonly SqlValue[] {
  const { userStatus, model, provider, usage, latencyMs, at } = turn
  const inHistory = laterTurnsMaySee(turn) ? 1 : 0
  const estimated = usage.estimated ? 1 : null
  return [
    userStatus,
    inHistory,
    model,
    provider,
    usage.inputTokens,
    usage.outputTokens,
    estimated,
    usageDetails(usage),
    latencyMs,
    at,
  ]
}

// What few turns have is one text.
function usageDetails({ cost, cacheReadTokens, cacheWriteTokens }: FinishTurn['usage']): string | null {
  const hasNone = cost === undefined && cacheReadTokens === undefined && cacheWriteTokens === undefined
  return hasNone ? null : JSON.stringify({ cost, cacheReadTokens, cacheWriteTokens })
}

function endOperations(turn: FinishTurn): readonly Operation[] {
  const { conversationId, userMessageId, reply, at } = turn
  const operations: Operation[] = []
  if (reply) {
    const { id, status, finishReason, content } = reply
    const inHistory = laterTurnsMaySee(turn) ? 1 : 0
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
  operations.push(...eventOperations(turn.events))
  if (turn.billed) operations.push(...usageOperations(turn.billed))
  if (turn.answered) operations.push(answeredKeyOperation(turn.answered))
  if (turn.answer) {
    const { inboxKey, outbound } = turn.answer
    operations.push(answeredOperation(inboxKey, at), ...outboundOperations(outbound))
  }
  if (turn.audit) operations.push(appendOperation(turn.audit))
  return operations
}

// A question and its reply are shown together or not at all, so that a model never sees an unanswered one.
function laterTurnsMaySee({ userStatus, reply }: FinishTurn): boolean {
  if (userStatus === 'failed' || !reply) return false
  return reply.status === 'complete' || (reply.status === 'aborted' && reply.content !== '')
}

function beginRefused(error: unknown, { conversation: { id, isNew } }: BeginTurn): unknown {
  return refused(
    error,
    isNew
      ? `The conversation ${JSON.stringify(id)} exists already, or the message's id is taken: ask again.`
      : `The conversation ${JSON.stringify(id)} was deleted meanwhile: start a new one.`,
  )
}

function finishRefused(error: unknown, { conversationId }: FinishTurn): unknown {
  return refused(
    error,
    `The conversation ${JSON.stringify(conversationId)} was deleted meanwhile, or this turn is over already: start a new one.`,
  )
}

function refused(error: unknown, sentence: string): unknown {
  return error instanceof BatchRefusal ? new GatewayError('conflict', sentence, { cause: error }) : error
}
