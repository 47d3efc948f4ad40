import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownPriceOf, knownPricesDate } from '../../src/domain/usage/known-prices.ts'
import { priceOf } from '../../src/domain/usage/price-of.ts'

const listed: readonly (readonly [string, number, number])[] = [
  ['claude-sonnet-4-20250514', 3, 15],
  ['claude-sonnet-4-5', 3, 15],
  ['claude-sonnet-4-5-20250929', 3, 15],
  ['claude-sonnet-5', 2, 10],
  ['claude-opus-4-20250514', 15, 75],
  ['claude-opus-4-1-20250805', 15, 75],
  ['claude-opus-4-5-20251101', 5, 25],
  ['claude-opus-4-7', 5, 25],
  ['claude-opus-5', 5, 25],
  ['claude-opus-5-5', 4, 20],
  ['claude-haiku-4-5-20251001', 1, 5],
  ['claude-3-5-haiku-20241022', 0.8, 4],
  ['claude-3-haiku-20240307', 0.25, 1.25],
  ['gpt-4o', 2.5, 10],
  ['gpt-4o-2024-08-06', 2.5, 10],
  ['gpt-4o-mini-2024-07-18', 0.15, 0.6],
  ['gpt-4.1-mini', 0.4, 1.6],
  ['gpt-5', 1.25, 10],
  ['gpt-5-2025-08-07', 1.25, 10],
  ['gpt-5-mini', 0.25, 2],
  ['gpt-5.2', 1.75, 14],
  ['gpt-5.4-nano', 0.2, 1.25],
  ['gpt-6-luna', 0.1, 0.5],
  ['o3', 2, 8],
  ['o4-mini-2025-04-16', 1.1, 4.4],
  ['gemini-2.5-flash', 0.3, 2.5],
  ['gemini-2.5-flash-lite', 0.1, 0.4],
  ['gemini-3.1-pro-preview', 2, 12],
  ['gemini-4-argon', 4, 20],
  ['openai/gpt-4o-mini', 0.15, 0.6],
  ['anthropic/claude-sonnet-4.5', 3, 15],
]

test(`the built-in prices of ${knownPricesDate} are found by a model's id, also with a date or its maker`, () => {
  for (const [id, input, output] of listed) {
    const price = knownPriceOf('any', id)
    assert.deepEqual([id, price?.input, price?.output], [id, input, output])
  }
})

test('a model that is not certain has no price: one that is only named alike, or newer than the table', () => {
  for (const id of [
    'claude-sonnet-6',
    'claude-opus-4-9',
    'gpt-4o-audio-preview',
    'gpt-5.9',
    'o3-deep-research',
    'gemini-2.5-flash-image',
    'gemini-9-pro',
    'llama3.2:3b',
    'gpt-oss-120b',
    'my-claude-sonnet-4-5',
  ]) {
    assert.equal(knownPriceOf('any', id), undefined, id)
  }
})

test('the config comes before the table, and the table counts in dollars alone', () => {
  const prices = new Map([['mine/gpt-4o', { input: 1, output: 2 }]])
  const usd = { prices, currency: 'USD' }
  assert.deepEqual(priceOf(usd, { provider: 'mine', model: 'gpt-4o' })?.source, 'config')
  assert.deepEqual(priceOf(usd, { provider: 'other', model: 'gpt-4o' })?.source, 'table')
  assert.equal(priceOf({ prices, currency: 'EUR' }, { provider: 'other', model: 'gpt-4o' }), undefined)
  assert.deepEqual(priceOf(usd, { provider: 'demo', model: 'demo' })?.price, { input: 0, output: 0 })
})
