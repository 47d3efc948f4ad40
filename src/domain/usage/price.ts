import type { Usage } from '../conversations/conversation.ts'
import { divided, type Money, moneyOf } from './money.ts'

/** What a model costs, for each million of tokens. Cached tokens without a price of their own cost what input costs. */
export interface ModelPrice {
  readonly input: number
  readonly output: number
  /** What is read from the provider's cache. */
  readonly cacheRead?: number
  /** What is written to the provider's cache. */
  readonly cacheWrite?: number
}

const million = 1_000_000n

/** Returns what a turn costs, rounded once to 10^-12. */
export function costOf(price: ModelPrice, usage: Usage): Money {
  const { inputTokens, outputTokens, cacheReadTokens = 0, cacheWriteTokens = 0 } = usage
  const { input, output, cacheRead = input, cacheWrite = input } = price
  const freshTokens = Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens)
  const sum =
    BigInt(freshTokens) * moneyOf(input) +
    BigInt(cacheReadTokens) * moneyOf(cacheRead) +
    BigInt(cacheWriteTokens) * moneyOf(cacheWrite) +
    BigInt(outputTokens) * moneyOf(output)
  return divided(sum, million)
}
