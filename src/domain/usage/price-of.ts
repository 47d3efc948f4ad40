import type { Settings } from '../settings.ts'
import { knownPriceOf, knownPricesCurrency } from './known-prices.ts'
import type { ModelPrice } from './price.ts'

/** A model of a provider, by their names. */
export interface PricedModel {
  readonly provider: string
  readonly model: string
}

/** A price and where it comes from: only what the config tells is what the turn costs, the rest is an estimate. */
export interface FoundPrice {
  readonly price: ModelPrice
  readonly source: 'config' | 'table'
}

/** Returns what a model costs: by the config, else by the built-in table where the currency is that of the table, or undefined. */
export function priceOf(
  { prices, currency }: Pick<Settings['models'], 'prices' | 'currency'>,
  { provider, model }: PricedModel,
): FoundPrice | undefined {
  const configured = prices.get(`${provider}/${model}`)
  if (configured) return { price: configured, source: 'config' }
  const known = currency === knownPricesCurrency ? knownPriceOf(provider, model) : undefined
  return known && { price: known, source: 'table' }
}
