import { modelsOf, ownerOf } from '../actor.ts'
import type { Context } from '../context.ts'
import type { Conversation, FinishReason, Usage } from '../conversations/conversation.ts'
import { GatewayError } from '../errors.ts'
import type { ModelProvider } from '../models/provider.ts'
import { resolveModel } from '../models/resolve-model.ts'
import { screenPrompt } from '../prompts/screen-prompt.ts'
import { answerTurn } from './answer-turn.ts'
import { TurnDeadline } from './deadline.ts'
import { turnFor } from './turn-plan.ts'
import { TurnRecord } from './turn-record.ts'

/** One turn as a caller asks for it. Already validated at the edge. */
export interface ReplyInput {
  /** 1 to 100,000 characters. */
  readonly message: string
  /** `[A-Za-z0-9_-]{1,64}`; absent opens a new conversation. */
  readonly conversationId?: string
  readonly model?: string
  readonly systemPrompt?: string
  readonly maxTokens?: number
  readonly temperature?: number
  readonly metadata?: Readonly<Record<string, string>>
  /** True asks the provider for a stream. */
  readonly stream: boolean
}

/** What a turn yields: one `start`, any number of `delta`, one `done`. A turn that fails throws instead of `done`. */
export type ReplyEvent =
  | {
      readonly type: 'start'
      readonly conversationId: string
      readonly messageId: string
      readonly model: string
      /** What the caller asked for, where an alias or a retired id led elsewhere. */
      readonly alias?: string
    }
  | { readonly type: 'delta'; readonly content: string }
  | {
      readonly type: 'done'
      readonly id: string
      readonly model: string
      readonly usage: Usage
      readonly finishReason: FinishReason
      /** Whole milliseconds from the request's arrival to the reply's end. */
      readonly latency: number
      readonly warnings: readonly string[]
    }

const replyCharactersMax = 8 * 1024 * 1024

/**
 * Runs one turn: the only place where one happens. The user's message is being stored while the model is asked; the reply is durable
 * before `done` is yielded, and what came of it is stored as aborted or failed where the caller leaves or the provider fails. Throws
 * `GatewayError`, or the context signal's reason.
 */
export async function* reply(ctx: Context, asked: ReplyInput): AsyncGenerator<ReplyEvent, void, undefined> {
  const { parts } = ctx
  const { message, warnings } = screenPrompt(ctx, asked.message)
  const input = { ...asked, message }
  const { timeouts } = parts.settings().models
  const conversationId = input.conversationId ?? parts.ids.next('conv')
  parts.turns.enter()
  let release: (() => void) | undefined
  try {
    // A stranger is refused before it waits, so that it takes no place among the owner's own messages.
    if (parts.turns.locks.isHeld(conversationId)) await ownConversation(ctx, conversationId)
    const waitMs = Math.max(0, timeouts.totalMs - elapsedMs(ctx))
    release = await parts.turns.locks.acquire(conversationId, waitMs, ctx.signal)
    const existing =
      input.conversationId === undefined ? undefined : await ownConversation(ctx, conversationId)
    const resolved = await resolveModel(parts, input.model, modelsOf(ctx.actor))
    const turn = await turnFor(ctx, input, { id: conversationId, existing }, resolved)
    ctx.signal.throwIfAborted()
    const record = new TurnRecord(ctx, input, conversationId, resolved, turn)
    record.warnings.push(...warnings)
    using deadline = new TurnDeadline(ctx.signal, timeouts, input.stream, elapsedMs(ctx))
    record.begin(existing === undefined, (error) => deadline.abandon(error))
    try {
      yield {
        type: 'start',
        conversationId,
        messageId: record.replyId,
        model: resolved.model.id,
        ...(resolved.alias === undefined ? {} : { alias: resolved.alias }),
      }
      for await (const event of answerTurn(resolved, turn, deadline.signal)) {
        switch (event.type) {
          case 'text':
            if (event.text === '') break
            if (record.content === '' && input.stream) deadline.firstToken()
            record.content += event.text
            if (record.content.length > replyCharactersMax) throw tooLong(resolved.provider)
            deadline.held()
            yield { type: 'delta', content: event.text }
            break
          case 'usage':
            record.usage = event.usage
            break
          case 'warning':
            record.warnings.push(event.warning)
            break
          case 'finish':
            record.usage = event.usage ?? record.usage
            record.finishReason = event.finishReason
            break
        }
        deadline.waiting()
      }
      if (record.finishReason === null) {
        deadline.signal.throwIfAborted()
        throw cutShort(resolved.provider)
      }
      yield await record.complete(record.finishReason)
    } catch (error) {
      await record.endUnfinished(ctx.signal.aborted ? 'aborted' : 'failed')
      throw error
    } finally {
      // Left at a yield, by a reader that takes no more.
      await record.endUnfinished('aborted')
    }
  } finally {
    release?.()
    parts.turns.leave()
  }
}

// What the caller has waited for earlier turns and for the lists of models is part of its total.
function elapsedMs(ctx: Context): number {
  return ctx.parts.clock.monotonic() - ctx.arrivedAt
}

async function ownConversation(ctx: Context, id: string): Promise<Conversation | undefined> {
  const conversation = await ctx.parts.store.conversations.find(id)
  if (
    conversation === undefined ||
    (conversation.channel === 'api' && conversation.owner === ownerOf(ctx.actor))
  ) {
    return conversation
  }
  throw new GatewayError(
    'conflict',
    `The conversation id ${JSON.stringify(id)} is taken. Choose another one, or leave conversationId out to open a new conversation.`,
  )
}

function cutShort(provider: ModelProvider): GatewayError {
  return new GatewayError('provider_error', `The answer of ${provider.name} was cut short.`)
}

function tooLong(provider: ModelProvider): GatewayError {
  return new GatewayError(
    'provider_error',
    `The answer of ${provider.name} is longer than ${replyCharactersMax} characters.`,
  )
}
