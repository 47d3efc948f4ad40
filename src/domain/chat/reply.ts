import { modelsOf, ownerOf } from '../actor.ts'
import type { InboundTurn } from '../channels/inbound-turn.ts'
import type { Context } from '../context.ts'
import type { Conversation, FinishReason, Usage } from '../conversations/conversation.ts'
import { GatewayError } from '../errors.ts'
import type { Attachment } from '../images/image.ts'
import type { ProviderTurn } from '../models/provider.ts'
import { type ResolvedModel, resolveModel } from '../models/resolve-model.ts'
import { screenPrompt } from '../prompts/screen-prompt.ts'
import { openBill } from '../usage/turn-bill.ts'
import { answerTurn } from './answer-turn.ts'
import { cutShort, replyCharactersMax, tooLong } from './broken-answer.ts'
import { TurnDeadline } from './deadline.ts'
import { TurnAttempts } from './turn-attempts.ts'
import { type AskedFormat, extrasOf } from './turn-extras.ts'
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
  /** The answer is then JSON that validates. */
  readonly responseFormat?: AskedFormat
  /** Images that come with the message. */
  readonly attachments?: readonly Attachment[]
  /** Skills to follow, by name; absent lets the model choose among those that are switched on, an empty list means none. */
  readonly skills?: readonly string[]
  /** True asks the provider for a stream. */
  readonly stream: boolean
  /** Set where the turn answers a channel's message; `conversationId` is then the chat's own. */
  readonly inbound?: InboundTurn
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
      /** The answer, parsed, where a form was asked for. It is what counts also where the deltas of a stream say something else. */
      readonly data?: unknown
    }

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
    if (parts.turns.locks.isHeld(conversationId)) await ownConversation(ctx, conversationId, input.inbound)
    const waitMs = Math.max(0, timeouts.totalMs - elapsedMs(ctx))
    release = await parts.turns.locks.acquire(conversationId, waitMs, ctx.signal)
    const existing =
      input.conversationId === undefined
        ? undefined
        : await ownConversation(ctx, conversationId, input.inbound)
    const resolved = await resolveModel(parts, input.model, modelsOf(ctx.actor))
    const loading = extrasOf(ctx, input)
    const extras = loading && (await loading)
    const turn = await turnFor(ctx, input, { id: conversationId, existing }, resolved, extras)
    using bill = await openBill(ctx, turn, resolved)
    ctx.signal.throwIfAborted()
    using deadline = new TurnDeadline(ctx.signal, timeouts, input.stream, elapsedMs(ctx))
    using attempts = new TurnAttempts(ctx, deadline, resolved, turn)
    const record = new TurnRecord(ctx, input, conversationId, attempts, bill)
    record.warnings.push(...warnings)
    record.begin(existing === undefined, (error) => deadline.abandon(error))
    try {
      yield {
        type: 'start',
        conversationId,
        messageId: record.replyId,
        model: resolved.model.id,
        ...(resolved.alias === undefined ? {} : { alias: resolved.alias }),
      }
      const questionFor = (other: ResolvedModel): ProviderTurn | Promise<ProviderTurn> =>
        other === resolved ? turn : turnFor(ctx, input, { id: conversationId, existing }, other, extras)
      for await (const event of await answerTurn(attempts, questionFor, extras)) {
        switch (event.type) {
          case 'text':
            if (event.text === '') break
            record.content += event.text
            if (record.content.length > replyCharactersMax) throw tooLong(attempts.resolved.provider)
            deadline.held()
            yield { type: 'delta', content: event.text }
            break
          case 'usage':
            record.usage = event.usage
            break
          case 'warning':
            record.warnings.push(event.warning)
            break
          case 'answer':
            // What validates is kept, also where the deltas had a fence around it, or a mistake in it.
            record.content = event.content
            record.data = event.data
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
        throw cutShort(attempts.resolved.provider)
      }
      attempts.succeeded()
      const done = await record.complete(record.finishReason)
      const { resolved: answering, turn: asked } = attempts
      parts.answers.summaries.answered({ ctx, conversationId, answering, asked, metadata: input.metadata })
      yield done
    } catch (error) {
      attempts.ended(error)
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

async function ownConversation(
  ctx: Context,
  id: string,
  inbound: InboundTurn | undefined,
): Promise<Conversation | undefined> {
  const conversation = await ctx.parts.store.conversations.find(id)
  if (conversation === undefined || isOwn(conversation, ctx, inbound)) return conversation
  throw new GatewayError(
    'conflict',
    `The conversation id ${JSON.stringify(id)} is taken. Choose another one, or leave conversationId out to open a new conversation.`,
  )
}

function isOwn({ channel, chatId, owner }: Conversation, ctx: Context, inbound?: InboundTurn): boolean {
  if (inbound) return owner === null && channel === inbound.channel && chatId === inbound.chatId
  return channel === 'api' && owner === ownerOf(ctx.actor)
}
