import type { Actor } from '../actor.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { TokenBudget } from '../tokens/token.ts'
import type { Outbox } from '../webhooks/outbox.ts'
import type { OutgoingEvent } from '../webhooks/webhook-store.ts'
import { BudgetAccount, type Hold, type SpentOfKind, type TurnEstimate } from './budget-account.ts'
import { budgetExceeded, budgetPlaces } from './budget-exceeded.ts'
import { periodOf } from './budget-period.ts'
import { BudgetQueue } from './budget-queue.ts'
import { decimalOf, type Money } from './money.ts'
import { type Payer, payerOf } from './payer.ts'
import type { UsageStore } from './usage-store.ts'

/** What budgets are kept with. */
export interface BudgetParts {
  readonly store: UsageStore
  readonly clock: Clock
  readonly log: Log
  readonly outbox: Outbox
  /** ISO 4217. */
  readonly currency: () => string
}

/** What is held of a budget for one turn. Disposing of it gives back what was not settled. */
export interface BudgetHold extends Disposable {
  /** The turn is over and has cost this. Returns what webhooks are told in the commit that keeps it: `budget.warning`, once a period. */
  settle(cost: Money, isComplete: boolean): readonly OutgoingEvent[]
  /** That commit has failed, and what was to be told with it. */
  untold(): void
}

const unpricedMax = 1_000

interface Ledger {
  readonly account: BudgetAccount
  readonly queue: BudgetQueue
}

/** The budgets of tokens: held in memory, and begun anew from the usage records by each process. */
export class Budgets {
  readonly #parts: BudgetParts
  // One for each token that has a budget and was used.
  readonly #ledgers = new Map<string, Promise<Ledger>>()
  readonly #unpriced = new Set<string>()

  constructor(parts: BudgetParts) {
    this.#parts = parts
  }

  /**
   * Holds what a turn may cost, until it is settled or given back. Undefined where whoever pays has no budget. Throws `budget_exceeded`
   * where it is used up, or where other turns hold what is left for twenty seconds, and the signal's reason.
   */
  async reserve(actor: Actor, estimate: TurnEstimate, signal: AbortSignal): Promise<BudgetHold | undefined> {
    const payer = payerOf(actor)
    if (payer?.budget === undefined) return undefined
    const ledger = await this.#ledgerOf(payer.id, payer.budget)
    ledger.account.update(payer.budget, this.#parts.clock.now())
    const hold = await ledger.queue.admit(estimate, signal)
    if (typeof hold !== 'string') return this.#holding(payer, ledger, hold)
    throw budgetExceeded(hold, {
      payer,
      account: ledger.account,
      currency: this.#parts.currency(),
    })
  }

  /** Says in the log, once, that turns of a model cost nothing here, since nobody tells its price. */
  unpriced(model: string): void {
    if (this.#unpriced.has(model) || this.#unpriced.size >= unpricedMax) return
    this.#unpriced.add(model)
    this.#parts.log('warn', 'model without a price counts nothing against budgets', {
      model,
      remedy: 'set its cost under models.providers',
    })
  }

  #holding(payer: Payer, { account, queue }: Ledger, hold: Hold): BudgetHold {
    let isHeld = true
    const release = (): void => {
      if (isHeld) account.release(hold)
      isHeld = false
    }
    return {
      settle: (cost, isComplete) => {
        release()
        account.roll(this.#parts.clock.now())
        const isLow = account.spend(hold.kind, cost, isComplete)
        queue.advance()
        return isLow ? this.#warn(payer, account) : []
      },
      untold: () => account.unwarned(),
      [Symbol.dispose]: () => {
        release()
        queue.advance()
      },
    }
  }

  #warn({ id: tokenId, name }: Payer, account: BudgetAccount): readonly OutgoingEvent[] {
    const { log, outbox } = this.#parts
    const spent = decimalOf(account.spent, budgetPlaces)
    const budget = decimalOf(account.amount, budgetPlaces)
    const { per } = account
    log('warn', 'budget nearly used up', { token: name, id: tokenId, spent, budget, per })
    return outbox.prepare('budget.warning', (timestamp) => ({ tokenId, name, spent, budget, per, timestamp }))
  }

  async #ledgerOf(id: string, budget: TokenBudget): Promise<Ledger> {
    for (;;) {
      const loading = this.#ledgers.get(id) ?? this.#begin(id, budget)
      const ledger = await loading
      if (ledger.account.per === budget.per) return ledger
      // Another period has other records.
      if (this.#ledgers.get(id) === loading) this.#ledgers.delete(id)
    }
  }

  #begin(id: string, budget: TokenBudget): Promise<Ledger> {
    const loading = this.#load(id, budget)
    this.#ledgers.set(id, loading)
    loading.catch(() => this.#ledgers.delete(id))
    return loading
  }

  async #load(owner: string, budget: TokenBudget): Promise<Ledger> {
    const now = this.#parts.clock.now()
    const { start, end } = periodOf(budget, now)
    const records: SpentOfKind[] = []
    for (let from: number | undefined = start; from !== undefined; ) {
      const { groups, next } = await this.#parts.store.sum({
        owner,
        from,
        to: end,
        grouping: { by: 'model' },
      })
      for (const { key, cost, estimatedCost, largest } of groups) {
        records.push({ kind: key ?? '', spent: cost + estimatedCost, largest })
      }
      from = next
      if (next !== undefined) await new Promise((resolve) => setImmediate(resolve))
    }
    const account = new BudgetAccount(budget, now, records)
    return { account, queue: new BudgetQueue(account) }
  }
}
