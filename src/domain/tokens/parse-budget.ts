import { GatewayError } from '../errors.ts'
import type { TokenBudget } from './token.ts'

const amountMax = 1_000_000_000

/** Reads a budget as people write it: `5/day`, `0.50/day`, `100/month`. Throws `invalid_request` with `details.field` for anything else. */
export function parseBudget(text: string): TokenBudget {
  const [, digits = '', per] = /^(\d{1,10}(?:\.\d{1,6})?)\/(day|month)$/.exec(text.trim()) ?? []
  const amount = Number(digits)
  if ((per === 'day' || per === 'month') && amount > 0 && amount <= amountMax) return { amount, per }
  throw new GatewayError(
    'invalid_request',
    `There is no budget ${JSON.stringify(text.slice(0, 40))}. Write an amount and a period, such as 5/day or 100/month.`,
    { details: { field: 'budget' } },
  )
}
