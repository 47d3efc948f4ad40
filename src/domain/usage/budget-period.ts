import type { TokenBudget } from '../tokens/token.ts'

/** A day or a month in UTC, in milliseconds since the epoch; `end` is the first moment after it. */
export interface BudgetPeriod {
  readonly start: number
  readonly end: number
}

/** Returns the period of a budget that a moment lies in. */
export function periodOf({ per }: Pick<TokenBudget, 'per'>, at: number): BudgetPeriod {
  const date = new Date(at)
  const year = date.getUTCFullYear()
  const month = date.getUTCMonth()
  const day = date.getUTCDate()
  switch (per) {
    case 'day':
      return { start: Date.UTC(year, month, day), end: Date.UTC(year, month, day + 1) }
    case 'month':
      return { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) }
  }
}
