import type { AuditEntry, AuditUsage } from '../audit/record.ts'
import type { Context } from '../context.ts'
import type { FinishReason, Usage } from '../conversations/conversation.ts'
import type { ProviderEvent } from '../models/provider.ts'
import { estimateUsage, unfinishedUsage } from '../usage/estimate-usage.ts'
import { openBill, type SettledBill, type TurnBill } from '../usage/turn-bill.ts'
import type { TurnAttempts } from './turn-attempts.ts'

type Heard = Extract<ProviderEvent, { readonly type: 'text' | 'thought' | 'tool_call_delta' | 'tool_call' }>

/** What is known of a running turn whose conversation its caller holds, and its bill. */
export class RelayRecord {
  readonly id: string
  usage: Usage | undefined
  finishReason: FinishReason | null = null
  /** How much came of the answer so far. */
  characters = 0
  readonly #ctx: Context
  readonly #attempts: TurnAttempts
  // Only what an estimate needs: where the provider tells nothing, its length counts.
  #text = ''
  readonly #bill: TurnBill
  #isOver = false

  private constructor(ctx: Context, attempts: TurnAttempts, bill: TurnBill) {
    this.#ctx = ctx
    this.#attempts = attempts
    this.#bill = bill
    this.id = ctx.parts.ids.next('msg')
  }

  /** Opens the bill of a turn that is about to be asked. Throws `budget_exceeded`. */
  static async begin(ctx: Context, attempts: TurnAttempts): Promise<RelayRecord> {
    const bill = await openBill(ctx, attempts.turn, attempts.resolved)
    ctx.call?.beginTurn()
    return new RelayRecord(ctx, attempts, bill)
  }

  /** Counts a piece of the answer. */
  heard(event: Heard): void {
    const piece = wordsOf(event)
    this.#text += piece
    this.characters += piece.length
  }

  /** The turn came to its end. Resolves to what it used, once that is durable, with the record of the call. */
  async complete(): Promise<Usage> {
    this.#isOver = true
    const { call } = this.#ctx
    const settled = this.#settle('complete')
    try {
      await this.#keep(settled, call?.entryOfTurn(this.#audited()))
      call?.storedWithTurn()
      return settled.usage
    } finally {
      this.#end()
    }
  }

  /** The turn did not. Never rejects; does nothing where it is over. */
  async endUnfinished(status: 'aborted' | 'failed'): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    try {
      await this.#keep(this.#settle(status))
    } catch {
      this.#ctx.parts.log('warn', 'usage not kept', { requestId: this.#ctx.requestId })
    } finally {
      this.#end()
    }
  }

  #settle(status: 'complete' | 'aborted' | 'failed'): SettledBill {
    return this.#bill.settle({
      status,
      at: this.#ctx.parts.clock.now(),
      channel: 'api',
      metadata: undefined,
      answer: { resolved: this.#attempts.resolved, usage: this.#billed(status) },
      spent: this.#attempts.spent,
    })
  }

  async #keep({ records, events }: SettledBill, audit?: AuditEntry): Promise<void> {
    const { store, outbox } = this.#ctx.parts
    await store.usage.append({ records, events, ...(audit === undefined ? {} : { audit }) })
    outbox.committed(events)
  }

  #billed(status: 'complete' | 'aborted' | 'failed'): Usage {
    if (status === 'complete') return this.#used()
    return unfinishedUsage(status, this.usage, estimateUsage(this.#attempts.turn, this.#text))
  }

  #used(): Usage {
    return this.usage ?? estimateUsage(this.#attempts.turn, this.#text)
  }

  #audited(): AuditUsage {
    const { inputTokens, outputTokens } = this.#used()
    return { model: this.#attempts.resolved.model.id, inputTokens, outputTokens }
  }

  #end(): void {
    this.#bill[Symbol.dispose]()
    this.#ctx.call?.endTurn(this.#audited())
  }
}

// The pieces of a call come once more, as the whole call.
function wordsOf(event: Heard): string {
  switch (event.type) {
    case 'text':
      return event.text
    case 'thought':
      return JSON.stringify(event.piece)
    case 'tool_call':
      return event.call.arguments
    case 'tool_call_delta':
      return ''
  }
}
