import { GatewayError } from '../errors.ts'
import type { BudgetAccount } from './budget-account.ts'
import { decimalOf } from './money.ts'
import type { Payer } from './payer.ts'

/** Amounts of budgets are shown with at least so many places. */
export const budgetPlaces = 2

const retryAfterSeconds = 5

/** Returns the error of a turn that a budget does not allow: because it is used up, or since running turns hold all that is left of it. */
export function budgetExceeded(
  why: 'used_up' | 'held',
  {
    payer,
    account,
    currency,
  }: { readonly payer: Payer; readonly account: BudgetAccount; readonly currency: string },
): GatewayError {
  const spent = decimalOf(account.spent, budgetPlaces)
  const amount = decimalOf(account.amount, budgetPlaces)
  const { per } = account
  const resetsAt = new Date(account.resetsAt).toISOString()
  const facts = `${spent} of ${amount} ${currency} are spent this ${per}`
  const details = { spent, amount, currency, per, resetsAt }
  if (payer.isPage) return pageExceeded(why, resetsAt)
  const token = JSON.stringify(payer.name)
  switch (why) {
    case 'used_up':
      return new GatewayError(
        'budget_exceeded',
        `The budget of token ${token} is used up: ${facts}. It starts again at ${resetsAt}; until then give the token a larger one.`,
        { details },
      )
    case 'held':
      return new GatewayError(
        'budget_exceeded',
        `What is left of the budget of token ${token} is held by turns that run: ${facts}. Try again when they have ended, or ask with a smaller maxTokens. The budget starts again at ${resetsAt}.`,
        { details, retryAfterSeconds },
      )
  }
}

// Everybody reads what a page is told: what an application spends is not for them.
function pageExceeded(why: 'used_up' | 'held', resetsAt: string): GatewayError {
  return why === 'used_up'
    ? new GatewayError(
        'budget_exceeded',
        `What this page may spend is used up. It starts again at ${resetsAt}.`,
        {
          details: { resetsAt },
        },
      )
    : new GatewayError(
        'budget_exceeded',
        'Other turns hold what this page may still spend. Try again when they have ended.',
        { details: { resetsAt }, retryAfterSeconds },
      )
}
