import { ownerOf } from '../actor.ts'
import type { AuditEntry, AuditUsage } from '../audit/record.ts'
import type { Context } from '../context.ts'
import type { FinishReason, Usage } from '../conversations/conversation.ts'
import { GatewayError } from '../errors.ts'
import { storedMessage } from '../images/stored-message.ts'
import { estimateUsage, unfinishedUsage } from '../usage/estimate-usage.ts'
import type { SettledBill, TurnBill } from '../usage/turn-bill.ts'
import { type TurnPlace, turnBegan, turnCompleted } from '../webhooks/turn-events.ts'
import type { ReplyEvent, ReplyInput } from './reply.ts'
import { titleOf } from './title.ts'
import type { TurnAttempts } from './turn-attempts.ts'

type AskedModel = Pick<TurnAttempts, 'resolved' | 'turn' | 'spent'>
type Done = Extract<ReplyEvent, { type: 'done' }>

/** What is known of a running turn, and its two commits. */
export class TurnRecord {
  readonly replyId: string
  content = ''
  usage: Usage | undefined
  finishReason: FinishReason | null = null
  readonly warnings: string[] = []
  /** The answer, parsed, where a form was asked for. */
  data: unknown
  readonly #ctx: Context
  readonly #input: ReplyInput
  readonly #conversationId: string
  readonly #asked: AskedModel
  readonly #bill: TurnBill
  readonly #messageId: string
  readonly #place: TurnPlace
  #begun: Promise<void> = Promise.resolve()
  #ended = false

  /** `asked` is read when it is needed: who answers may change until the first token. */
  constructor(ctx: Context, input: ReplyInput, conversationId: string, asked: AskedModel, bill: TurnBill) {
    this.#ctx = ctx
    this.#input = input
    this.#conversationId = conversationId
    this.#asked = asked
    this.#bill = bill
    const { channel = 'api', chatId = conversationId } = input.inbound ?? {}
    this.#place = { conversationId, channel, chatId }
    this.#messageId = input.inbound?.messageId ?? ctx.parts.ids.next('msg')
    this.replyId = ctx.parts.ids.next('msg')
  }

  /** Queues the first commit. `onFailure` is told at once where it fails; the second commit rejects with the same error. */
  begin(isNew: boolean, onFailure: (error: unknown) => void): void {
    const { parts, actor, call } = this.#ctx
    call?.beginTurn()
    const { message, inbound } = this.#input
    // An earlier try has stored the message, and told of it.
    if (inbound?.isBegun) return
    const content = inbound?.ownText ?? message
    const messageId = this.#messageId
    const { channel, chatId } = this.#place
    const events = turnBegan(parts.outbox, this.#place, { messageId, content, actor, isNew })
    const begun = parts.store.turns.begin({
      conversation: {
        id: this.#conversationId,
        channel,
        chatId,
        owner: ownerOf(actor),
        title: titleOf(content),
        ...(this.#input.systemPrompt === undefined ? {} : { systemPrompt: this.#input.systemPrompt }),
        isNew,
      },
      messageId: this.#messageId,
      content: storedMessage(message, this.#input.attachments),
      ...(inbound ? { inboxKey: inbound.inboxKey } : {}),
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
    const bill = this.#settle('complete', this.#usageOrEstimate())
    const { usage } = bill
    const used = this.#used(usage)
    const done: Done = {
      type: 'done',
      id: this.replyId,
      model: this.#asked.resolved.model.id,
      usage,
      finishReason,
      latency: this.#latency(),
      warnings: this.warnings,
      ...(this.data === undefined ? {} : { data: this.data }),
    }
    try {
      const finished = this.#finish('complete', 'complete', {
        usage,
        bill,
        done,
        audit: call?.entryOfTurn(used),
      })
      // Both are under way, one behind the other; where the first failed, its reason is the one that counts.
      finished.catch(() => undefined)
      await this.#begun
      await finished
      call?.storedWithTurn()
    } catch (error) {
      await this.#keepRefused(bill, error)
      throw error
    } finally {
      call?.endTurn(used)
    }
    return done
  }

  /**
   * The second commit of a turn that did not, which keeps what is there. Never rejects: the error that ended the turn is what the caller
   * is told. Does nothing where a second commit was made or tried.
   */
  async endUnfinished(status: 'aborted' | 'failed'): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    const userStatus = status === 'aborted' && this.content !== '' ? 'complete' : status
    const usage = this.#usageOrEstimate()
    const estimate = estimateUsage(this.#asked.turn, this.content)
    const bill = this.#settle(status, unfinishedUsage(status, this.usage, estimate))
    try {
      await this.#begun
      // A channel's message stays as it is: it is tried again, or its worker ends it.
      if (this.#input.inbound) await this.#bill.keepAlone(bill)
      else await this.#finish(userStatus, status, { usage, bill })
    } catch (error) {
      await this.#keepRefused(bill, error)
      const code = error instanceof GatewayError ? error.code : 'internal_error'
      this.#ctx.parts.log('warn', 'unfinished turn not stored', {
        requestId: this.#ctx.requestId,
        error: code,
      })
    } finally {
      this.#ctx.call?.endTurn(this.#used(usage))
    }
  }

  async #finish(
    userStatus: 'complete' | 'aborted' | 'failed',
    replyStatus: 'complete' | 'aborted' | 'failed',
    { usage, bill, done, audit }: TurnEnd,
  ): Promise<void> {
    const hasReply = replyStatus === 'complete' || this.content !== ''
    const { outbox } = this.#ctx.parts
    const { replyId: messageId, content } = this
    const { id: model } = this.#asked.resolved.model
    const { inbound } = this.#input
    const at = this.#ctx.parts.clock.now()
    const conversationId = this.#conversationId
    // A reply in a chat is told of when its last part stands there.
    const answer = inbound && {
      inboxKey: inbound.inboxKey,
      outbound: inbound.outgoing({ id: messageId, conversationId, content, model, usage, at }),
    }
    const told =
      replyStatus === 'complete' && !inbound
        ? turnCompleted(outbox, this.#place, { messageId, content, model, usage, externalIds: [] })
        : []
    const events = [...told, ...bill.events]
    const answered = done && this.#ctx.keepAnswer?.(done)
    await this.#ctx.parts.store.turns.finish({
      conversationId,
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
      model: this.#asked.resolved.model.id,
      provider: this.#asked.resolved.provider.name,
      usage,
      latencyMs: done?.latency ?? this.#latency(),
      at,
      billed: bill.records,
      ...(answered ? { answered } : {}),
      ...(answer ? { answer } : {}),
      ...(events.length === 0 ? {} : { events }),
      ...(audit === undefined ? {} : { audit }),
    })
    outbox.committed(events)
  }

  #used({ inputTokens, outputTokens }: Usage): AuditUsage {
    return { model: this.#asked.resolved.model.id, inputTokens, outputTokens }
  }

  #usageOrEstimate(): Usage {
    return this.usage ?? estimateUsage(this.#asked.turn, this.content)
  }

  #settle(status: 'complete' | 'aborted' | 'failed', usage: Usage): SettledBill {
    const { resolved, spent } = this.#asked
    const { channel } = this.#place
    const { metadata } = this.#input
    const at = this.#ctx.parts.clock.now()
    return this.#bill.settle({ status, at, channel, metadata, answer: { resolved, usage }, spent })
  }

  // A commit that was refused has kept nothing: what the turn has cost is kept all the same.
  async #keepRefused(bill: SettledBill, error: unknown): Promise<void> {
    if (error instanceof GatewayError && error.code === 'conflict') await this.#bill.keepAlone(bill)
    else this.#bill.untold(bill)
  }

  #latency(): number {
    return Math.round(this.#ctx.parts.clock.monotonic() - this.#ctx.arrivedAt)
  }
}

interface TurnEnd {
  readonly usage: Usage
  readonly bill: SettledBill
  /** What the caller is about to be told. */
  readonly done?: Done
  readonly audit?: AuditEntry | undefined
}
