import type { TokenBudget } from '../tokens/token.ts'
import { type BudgetPeriod, periodOf } from './budget-period.ts'
import { type Money, moneyOf, nothing } from './money.ts'

/** What a turn may cost, as far as it is known before it. */
export interface TurnEstimate {
  /** What its size tells: the question, with the longest answer that its caller allows. Null for a model that costs nothing. */
  readonly size: Money | null
  /** Turns that are like each other: those of one model. */
  readonly kind: string
  /** True for what nobody waits for: it begins only where there is room for all of it, and keeps no turn from beginning alone. */
  readonly isAside?: boolean
}

/** What is held for a turn that runs. */
export interface Hold {
  readonly amount: Money
  readonly kind: string
  readonly isAside: boolean
}

/** What turns of one kind have cost in all, and the most that one of them has. */
export interface SpentOfKind {
  readonly kind: string
  readonly spent: Money
  readonly largest: Money
}

/** Whether a turn may begin: it holds what it may cost; or it must wait for what others hold; or the budget is used up. */
export type Admission = Hold | 'wait' | 'used_up'

const kindsMax = 1_000

/**
 * What one token has spent of its budget in this period, and what its running turns hold. A turn begins beside others only where the budget
 * has room for all that they may cost, and alone while anything is left: so that the budget is overrun by at most one turn.
 */
export class BudgetAccount {
  #budget: TokenBudget
  #amount: Money
  #period: BudgetPeriod
  #spent = nothing
  #held = nothing
  #holds = 0
  #isWarned: boolean
  // The most that a turn of each kind has cost: what the next one is expected to cost where its own size does not tell.
  readonly #largest = new Map<string, Money>()

  /** `records` are those of the period, by kind. What they have crossed was told of when they did. */
  constructor(budget: TokenBudget, now: number, records: readonly SpentOfKind[]) {
    this.#budget = budget
    this.#amount = moneyOf(budget.amount)
    this.#period = periodOf(budget, now)
    for (const { kind, spent, largest } of records) {
      this.#spent += spent
      this.#learn(kind, largest)
    }
    this.#isWarned = this.#isLow()
  }

  get spent(): Money {
    return this.#spent
  }

  get amount(): Money {
    return this.#amount
  }

  get isUsedUp(): boolean {
    return this.#spent >= this.#amount
  }

  /** When the period ends and the budget starts again, in milliseconds since the epoch. */
  get resetsAt(): number {
    return this.#period.end
  }

  get per(): TokenBudget['per'] {
    return this.#budget.per
  }

  /** Takes the budget as the token has it now, and the period as it is now. */
  update(budget: TokenBudget, now: number): void {
    if (budget.amount !== this.#budget.amount) {
      this.#amount = moneyOf(budget.amount)
      this.#isWarned &&= this.#isLow()
    }
    this.#budget = budget
    this.roll(now)
  }

  /** Begins the next period where its time has come. A clock that goes back changes nothing. */
  roll(now: number): void {
    if (now < this.#period.end) return
    this.#period = periodOf(this.#budget, now)
    this.#spent = nothing
    this.#isWarned = false
  }

  admit(estimate: TurnEstimate): Admission {
    if (this.isUsedUp) return 'used_up'
    const amount = this.#expected(estimate)
    const { kind, isAside = false } = estimate
    const needsRoom = isAside || this.#holds > 0
    if (needsRoom && this.#spent + this.#held + amount > this.#amount) return 'wait'
    this.#held += amount
    if (!isAside) this.#holds++
    return { amount, kind, isAside }
  }

  /** Gives back what was held for a turn. */
  release({ amount, isAside }: Hold): void {
    this.#held -= amount
    if (!isAside) this.#holds--
  }

  /** Counts what a turn has cost; a complete one tells what the next ones may. Returns true once a period, at four fifths of the budget. */
  spend(kind: string, cost: Money, isComplete: boolean): boolean {
    this.#spent += cost
    if (isComplete) this.#learn(kind, cost)
    if (this.#isWarned || !this.#isLow()) return false
    this.#isWarned = true
    return true
  }

  /** The warning could not be given: it is due again. */
  unwarned(): void {
    this.#isWarned = false
  }

  // What turns of its model have cost before tells more than the size of a question. Before the first one nobody knows: it takes all that is
  // left, and the next ones wait for what it teaches.
  #expected({ size, kind }: TurnEstimate): Money {
    if (size === null) return nothing
    const largest = this.#largest.get(kind)
    if (largest === undefined) return this.#amount
    return largest > size ? largest : size
  }

  #learn(kind: string, cost: Money): void {
    const largest = this.#largest.get(kind)
    if (largest === undefined ? this.#largest.size < kindsMax : largest < cost) this.#largest.set(kind, cost)
  }

  #isLow(): boolean {
    return 5n * this.#spent >= 4n * this.#amount
  }
}
