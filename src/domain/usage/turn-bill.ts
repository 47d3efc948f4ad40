import type { Context } from '../context.ts'
import type { Usage } from '../conversations/conversation.ts'
import type { ProviderTurn } from '../models/provider.ts'
import type { ResolvedModel } from '../models/resolve-model.ts'
import type { OutgoingEvent } from '../webhooks/webhook-store.ts'
import type { TurnEstimate } from './budget-account.ts'
import type { BudgetHold } from './budgets.ts'
import { estimateQuestion } from './estimate-usage.ts'
import { type Money, nothing, numberOf } from './money.ts'
import { payerOf } from './payer.ts'
import { costOf } from './price.ts'
import { priceOf } from './price-of.ts'
import type { UsageRecord } from './usage-store.ts'

/** Tokens that a model was paid for. */
export interface UsedModel {
  readonly resolved: ResolvedModel
  readonly usage: Usage
}

/** A turn that is over. */
export interface BilledTurn {
  readonly status: UsageRecord['status']
  readonly at: number
  readonly channel: string
  readonly metadata: Readonly<Record<string, string>> | undefined
  /** Who answered, or was asked last. */
  readonly answer: UsedModel
  /** What attempts before it have cost. */
  readonly spent: readonly UsedModel[]
}

/** What a turn comes to, to be kept in its last commit. */
export interface SettledBill {
  /** What the answer used, with `cost` where the config has the model's price. */
  readonly usage: Usage
  readonly records: readonly UsageRecord[]
  readonly events: readonly OutgoingEvent[]
}

/**
 * Opens the bill of a turn that is about to be asked; one `aside` is in no turn's way. Throws `budget_exceeded` where the budget of whoever
 * pays does not allow it. To be disposed of when the turn is over.
 */
export async function openBill(
  ctx: Context,
  turn: ProviderTurn,
  resolved: ResolvedModel,
  as: 'turn' | 'aside' = 'turn',
): Promise<TurnBill> {
  if (payerOf(ctx.actor)?.budget === undefined) return new TurnBill(ctx, undefined)
  const estimate = { ...estimateOf(ctx, turn, resolved), isAside: as === 'aside' }
  return new TurnBill(ctx, await ctx.parts.answers.budgets.reserve(ctx.actor, estimate, ctx.signal))
}

/** What one turn costs: held before, settled once after. */
export class TurnBill implements Disposable {
  readonly #ctx: Context
  readonly #hold: BudgetHold | undefined

  constructor(ctx: Context, hold: BudgetHold | undefined) {
    this.#ctx = ctx
    this.#hold = hold
  }

  /** The turn is over: counts it against its budget. */
  settle({ answer, spent, ...turn }: BilledTurn): SettledBill {
    const { metadata } = turn
    const record = {
      ...this.#recordOf(answer, turn),
      requests: 1 as const,
      ...(metadata ? { metadata } : {}),
    }
    const records = [record, ...spent.map((used) => this.#recordOf(used, turn))]
    const { usage } = answer
    const total = records.reduce((sum, each) => sum + totalOf(each), nothing)
    const events = this.#hold?.settle(total, turn.status === 'complete') ?? []
    return {
      usage: record.cost === null ? usage : { ...usage, cost: numberOf(record.cost) },
      records,
      events,
    }
  }

  /** The bill is kept by itself, since the commit that should have kept it has failed or there is none. Never rejects. */
  async keepAlone({ records, events }: SettledBill): Promise<void> {
    const { store, outbox, log } = this.#ctx.parts
    try {
      await store.usage.append({ records, events })
      outbox.committed(events)
    } catch {
      this.untold({ events })
      log('warn', 'usage not kept', { requestId: this.#ctx.requestId })
    }
  }

  /** Nobody knows whether the bill is kept: a warning that it held is due again. */
  untold({ events }: Pick<SettledBill, 'events'>): void {
    if (events.length > 0) this.#hold?.untold()
  }

  [Symbol.dispose](): void {
    this.#hold?.[Symbol.dispose]()
  }

  #recordOf(
    { resolved, usage }: UsedModel,
    { status, at, channel }: Pick<BilledTurn, 'status' | 'at' | 'channel'>,
  ): UsageRecord {
    const named = { provider: resolved.provider.name, model: resolved.model.id }
    const found = priceOf(this.#ctx.parts.settings().models, named)
    const cost = found && costOf(found.price, usage)
    return {
      at,
      owner: payerOf(this.#ctx.actor)?.id ?? null,
      channel,
      ...named,
      status,
      requests: 0,
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      cacheReadTokens: usage.cacheReadTokens ?? null,
      cacheWriteTokens: usage.cacheWriteTokens ?? null,
      isEstimated: usage.estimated === true,
      cost: found?.source === 'config' ? (cost ?? null) : null,
      estimatedCost: found?.source === 'table' ? (cost ?? null) : null,
    }
  }
}

function totalOf({ cost, estimatedCost }: UsageRecord): Money {
  return (cost ?? nothing) + (estimatedCost ?? nothing)
}

function estimateOf(ctx: Context, turn: ProviderTurn, { provider, model }: ResolvedModel): TurnEstimate {
  const named = { provider: provider.name, model: model.id }
  const found = priceOf(ctx.parts.settings().models, named)
  if (!found) ctx.parts.answers.budgets.unpriced(`${named.provider}/${named.model}`)
  const isFree = !found || (found.price.input === 0 && found.price.output === 0)
  const usage = { inputTokens: estimateQuestion(turn), outputTokens: turn.maxTokens ?? 0 }
  return { size: isFree ? null : costOf(found.price, usage), kind: model.id }
}
