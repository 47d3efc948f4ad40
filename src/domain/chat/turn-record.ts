import { ownerOf } from '../actor.ts'
import type { AuditEntry, AuditUsage } from '../audit/record.ts'
import type { Context } from '../context.ts'
import type { FinishReason, Usage } from '../conversations/conversation.ts'
import { GatewayError } from '../errors.ts'
import type { ProviderTurn } from '../models/provider.ts'
import type { ResolvedModel } from '../models/resolve-model.ts'
import { type TurnPlace, turnBegan, turnCompleted } from '../webhooks/turn-events.ts'
import { estimateTokens } from './history.ts'
import type { ReplyEvent, ReplyInput } from './reply.ts'
import { titleOf } from './title.ts'

/** What is known of a running turn, and its two commits. */
export class TurnRecord {
  readonly replyId: string
  content = ''
  usage: Usage | undefined
  finishReason: FinishReason | null = null
  readonly warnings: string[] = []
  readonly #ctx: Context
  readonly #input: ReplyInput
  readonly #conversationId: string
  readonly #resolved: ResolvedModel
  readonly #turn: ProviderTurn
  readonly #messageId: string
  #begun: Promise<void> = Promise.resolve()
  #ended = false

  constructor(
    ctx: Context,
    input: ReplyInput,
    conversationId: string,
    resolved: ResolvedModel,
    turn: ProviderTurn,
  ) {
    this.#ctx = ctx
    this.#input = input
    this.#conversationId = conversationId
    this.#resolved = resolved
    this.#turn = turn
    this.#messageId = ctx.parts.ids.next('msg')
    this.replyId = ctx.parts.ids.next('msg')
  }

  /** Queues the first commit. `onFailure` is told at once where it fails; the second commit rejects with the same error. */
  begin(isNew: boolean, onFailure: (error: unknown) => void): void {
    const { parts, actor, call } = this.#ctx
    call?.beginTurn()
    const { message: content } = this.#input
    const messageId = this.#messageId
    const events = turnBegan(parts.outbox, this.#place, { messageId, content, actor, isNew })
    const begun = parts.store.turns.begin({
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
      ...(events.length === 0 ? {} : { events }),
    })
    this.#begun = events.length === 0 ? begun : begun.then(() => parts.outbox.committed(events))
    this.#begun.catch(onFailure)
  }

  /** The second commit of a turn that came to its end. Resolves to what the caller is told, once it is durable. */
  async complete(finishReason: FinishReason): Promise<ReplyEvent> {
    this.#ended = true
    const { call } = this.#ctx
    const usage = this.#usageOrEstimate()
    const used = this.#used(usage)
    let latency: number
    try {
      latency = Math.round(this.#ctx.parts.clock.monotonic() - this.#ctx.arrivedAt)
      const finished = this.#finish('complete', 'complete', usage, latency, call?.entryOfTurn(used))
      // Both are under way, one behind the other; where the first failed, its reason is the one that counts.
      finished.catch(() => undefined)
      await this.#begun
      await finished
      call?.storedWithTurn()
    } finally {
      call?.endTurn(used)
    }
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

  /**
   * The second commit of a turn that did not, which keeps what is there. Never rejects: the error that ended the turn is what the caller
   * is told. Does nothing where a second commit was made or tried.
   */
  async endUnfinished(status: 'aborted' | 'failed'): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    const userStatus = status === 'aborted' && this.content !== '' ? 'complete' : status
    const latency = Math.round(this.#ctx.parts.clock.monotonic() - this.#ctx.arrivedAt)
    const usage = this.#usageOrEstimate()
    try {
      await this.#begun
      await this.#finish(userStatus, status, usage, latency)
    } catch (error) {
      const code = error instanceof GatewayError ? error.code : 'internal_error'
      this.#ctx.parts.log('warn', 'unfinished turn not stored', {
        requestId: this.#ctx.requestId,
        error: code,
      })
    } finally {
      this.#ctx.call?.endTurn(this.#used(usage))
    }
  }

  get #place(): TurnPlace {
    return { conversationId: this.#conversationId, channel: 'api', chatId: this.#conversationId }
  }

  async #finish(
    userStatus: 'complete' | 'aborted' | 'failed',
    replyStatus: 'complete' | 'aborted' | 'failed',
    usage: Usage,
    latencyMs: number,
    audit?: AuditEntry,
  ): Promise<void> {
    const hasReply = replyStatus === 'complete' || this.content !== ''
    const { outbox } = this.#ctx.parts
    const { replyId: messageId, content } = this
    const { id: model } = this.#resolved.model
    const events =
      replyStatus === 'complete'
        ? turnCompleted(outbox, this.#place, { messageId, content, model, usage, externalIds: [] })
        : []
    await this.#ctx.parts.store.turns.finish({
      conversationId: this.#conversationId,
      userMessageId: this.#messageId,
      userStatus,
      ...(hasReply
        ? {
            reply: {
              id: this.replyId,
              content: this.content,
              status: replyStatus,
              finishReason: replyStatus === 'complete' ? this.finishReason : null,
            },
          }
        : {}),
      model: this.#resolved.model.id,
      provider: this.#resolved.provider.name,
      usage,
      latencyMs,
      at: this.#ctx.parts.clock.now(),
      ...(events.length === 0 ? {} : { events }),
      ...(audit === undefined ? {} : { audit }),
    })
    outbox.committed(events)
  }

  #used({ inputTokens, outputTokens }: Usage): AuditUsage {
    return { model: this.#resolved.model.id, inputTokens, outputTokens }
  }

  #usageOrEstimate(): Usage {
    if (this.usage) return this.usage
    const { systemPrompt = '', messages } = this.#turn
    const inputTokens = messages.reduce((sum, { content }) => sum + estimateTokens(content), 0)
    return {
      inputTokens: inputTokens + estimateTokens(systemPrompt),
      outputTokens: estimateTokens(this.content),
      estimated: true,
    }
  }
}
