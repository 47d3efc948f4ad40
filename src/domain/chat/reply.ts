import { ownerOf } from '../actor.ts'
import type { Context } from '../context.ts'
import type { Conversation, FinishReason, Usage } from '../conversations/conversation.ts'
import { GatewayError } from '../errors.ts'
import type { ModelProvider, ProviderTurn } from '../models/provider.ts'
import { type ResolvedModel, resolveModel } from '../models/resolve-model.ts'
import { TurnDeadline } from './deadline.ts'
import { estimateTokens, historyFor } from './history.ts'
import { titleOf } from './title.ts'

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
export async function* reply(ctx: Context, input: ReplyInput): AsyncGenerator<ReplyEvent, void, undefined> {
  const { parts } = ctx
  const { timeouts } = parts.settings().models
  const conversationId = input.conversationId ?? parts.ids.next('conv')
  parts.turns.enter()
  let release: (() => void) | undefined
  try {
    if (input.conversationId !== undefined) {
      release = await parts.locks.acquire(conversationId, timeouts.totalMs, ctx.signal)
    }
    const existing =
      input.conversationId === undefined ? undefined : await ownConversation(ctx, conversationId)
    const resolved = await resolveModel(parts, input.model)
    const turn = await providerTurn(ctx, input, conversationId, existing, resolved)
    const record = new TurnRecord(ctx, input, conversationId, resolved)
    using deadline = new TurnDeadline(ctx.signal, timeouts, input.stream)
    record.begin(existing === undefined, (error) => deadline.abandon(error))
    try {
      yield {
        type: 'start',
        conversationId,
        messageId: record.replyId,
        model: resolved.model.id,
        ...(resolved.alias === undefined ? {} : { alias: resolved.alias }),
      }
      for await (const event of resolved.provider.stream(turn, deadline.signal)) {
        switch (event.type) {
          case 'text':
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
      if (record.finishReason === null) throw cutShort(resolved.provider)
      yield await record.complete(record.finishReason)
    } finally {
      // Left by an error or by a caller that went away: what is there is kept.
      await record.endUnfinished()
    }
  } finally {
    release?.()
    parts.turns.leave()
  }
}

/** What is known of a running turn, and its two commits. */
class TurnRecord {
  readonly replyId: string
  content = ''
  usage: Usage | undefined
  finishReason: FinishReason | null = null
  readonly warnings: string[] = []
  readonly #ctx: Context
  readonly #input: ReplyInput
  readonly #conversationId: string
  readonly #resolved: ResolvedModel
  readonly #messageId: string
  #begun: Promise<void> = Promise.resolve()
  #ended = false

  constructor(ctx: Context, input: ReplyInput, conversationId: string, resolved: ResolvedModel) {
    this.#ctx = ctx
    this.#input = input
    this.#conversationId = conversationId
    this.#resolved = resolved
    this.#messageId = ctx.parts.ids.next('msg')
    this.replyId = ctx.parts.ids.next('msg')
  }

  /** Queues the first commit. `onFailure` is told at once where it fails; the second commit rejects with the same error. */
  begin(isNew: boolean, onFailure: (error: unknown) => void): void {
    const { parts, actor } = this.#ctx
    this.#begun = parts.store.turns.begin({
      conversation: {
        id: this.#conversationId,
        channel: 'api',
        chatId: this.#conversationId,
        owner: ownerOf(actor),
        title: titleOf(this.#input.message),
        ...(this.#input.systemPrompt === undefined ? {} : { systemPrompt: this.#input.systemPrompt }),
        isNew,
      },
      messageId: this.#messageId,
      content: this.#input.message,
      ...(this.#input.metadata === undefined ? {} : { metadata: this.#input.metadata }),
      at: parts.clock.now(),
    })
    this.#begun.catch(onFailure)
  }

  /** The second commit of a turn that came to its end. Resolves to what the caller is told, once it is durable. */
  async complete(finishReason: FinishReason): Promise<ReplyEvent> {
    this.#ended = true
    await this.#begun
    const usage = this.#usageOrEstimate()
    const latency = Math.round(this.#ctx.parts.clock.monotonic() - this.#ctx.arrivedAt)
    await this.#finish('complete', 'complete', usage, latency)
    return {
      type: 'done',
      id: this.replyId,
      model: this.#resolved.model.id,
      usage,
      finishReason,
      latency,
      warnings: this.warnings,
    }
  }

  /** The second commit of a turn that did not. Never rejects: the error that ended the turn is what the caller is told. */
  async endUnfinished(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    const status = this.#ctx.signal.aborted ? 'aborted' : 'failed'
    const userStatus = status === 'aborted' && this.content !== '' ? 'complete' : status
    const latency = Math.round(this.#ctx.parts.clock.monotonic() - this.#ctx.arrivedAt)
    try {
      await this.#begun
      await this.#finish(userStatus, status, this.#usageOrEstimate(), latency)
    } catch (error) {
      const code = error instanceof GatewayError ? error.code : 'internal_error'
      this.#ctx.parts.log('warn', 'unfinished turn not stored', {
        requestId: this.#ctx.requestId,
        error: code,
      })
    }
  }

  #finish(
    userStatus: 'complete' | 'aborted' | 'failed',
    replyStatus: 'complete' | 'aborted' | 'failed',
    usage: Usage,
    latencyMs: number,
  ): Promise<void> {
    const hasReply = replyStatus === 'complete' || this.content !== ''
    return this.#ctx.parts.store.turns.finish({
      conversationId: this.#conversationId,
      userMessageId: this.#messageId,
      userStatus,
      ...(hasReply
        ? {
            reply: {
              id: this.replyId,
              content: this.content,
              status: replyStatus,
              finishReason: this.finishReason,
            },
          }
        : {}),
      model: this.#resolved.model.id,
      provider: this.#resolved.provider.name,
      usage,
      latencyMs,
      at: this.#ctx.parts.clock.now(),
    })
  }

  #usageOrEstimate(): Usage {
    if (this.usage) return this.usage
    return {
      inputTokens: estimateTokens(this.#input.message),
      outputTokens: estimateTokens(this.content),
      estimated: true,
    }
  }
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

async function providerTurn(
  ctx: Context,
  input: ReplyInput,
  conversationId: string,
  existing: Conversation | undefined,
  { model }: ResolvedModel,
): Promise<ProviderTurn> {
  if (
    input.maxTokens !== undefined &&
    model.maxOutputTokens !== null &&
    input.maxTokens > model.maxOutputTokens
  ) {
    throw new GatewayError(
      'invalid_request',
      `maxTokens is ${input.maxTokens}, but ${model.id} answers with at most ${model.maxOutputTokens}.`,
      { details: { field: 'maxTokens', maximum: model.maxOutputTokens } },
    )
  }
  const systemPrompt = input.systemPrompt ?? existing?.systemPrompt ?? undefined
  const { message, maxTokens } = input
  const earlier = existing
    ? await historyFor(ctx.parts, { conversationId, model, systemPrompt, message, maxTokens })
    : []
  earlier.push({ role: 'user', content: message })
  return {
    model: model.id,
    messages: earlier,
    stream: input.stream,
    connectTimeoutMs: ctx.parts.settings().models.timeouts.connectMs,
    ...(systemPrompt === undefined || systemPrompt === '' ? {} : { systemPrompt }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(input.temperature === undefined ? {} : { temperature: input.temperature }),
  }
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
