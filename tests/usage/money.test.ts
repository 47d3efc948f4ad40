import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decimalOf, moneyOf, numberOf } from '../../src/domain/usage/money.ts'
import { costOf, type ModelPrice } from '../../src/domain/usage/price.ts'

const tokens = fc.integer({ min: 0, max: 100_000_000 })
// As the config takes them: up to a million, here with at most six places.
const price = fc.integer({ min: 0, max: 1_000_000_000 }).map((millionths) => millionths / 1_000_000)

test('amounts that decimal numbers cannot add up are exact: three times a tenth is 0.3', () => {
  const turn = { inputTokens: 100_000, outputTokens: 0 }
  const sum = Array.from({ length: 3 }, () => costOf({ input: 1, output: 0 }, turn)).reduce((a, b) => a + b)
  assert.equal(numberOf(sum), 0.3)
  assert.equal(decimalOf(sum), '0.3')
  assert.notEqual(0.1 + 0.1 + 0.1, 0.3)
})

test('an amount reads as it was written, however small or large', () => {
  for (const [amount, text] of [
    [0, '0'],
    [5, '5'],
    [0.1, '0.1'],
    [12.5, '12.5'],
    [1e-7, '0.0000001'],
    [0.0000000375, '0.0000000375'],
    [1e21, '1000000000000000000000'],
    [1.5e-13, '0'],
    [6e-13, '0.000000000001'],
  ] as const) {
    assert.equal(decimalOf(moneyOf(amount)), text)
  }
  assert.equal(decimalOf(moneyOf(8), 2), '8.00')
  assert.equal(decimalOf(moneyOf(0.125), 2), '0.125')
})

test('any amount of twelve places survives the way to a number and back', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 999_999_999 }),
      fc.integer({ min: 0, max: 6 }),
      (digits, places) => {
        const amount = digits / 10 ** places
        assert.equal(numberOf(moneyOf(amount)), amount)
        assert.equal(Number(decimalOf(moneyOf(amount), 2)), amount)
      },
    ),
  )
})

test('a cost is exactly the tokens times the price, and adds up whatever the order', () => {
  fc.assert(
    fc.property(price, price, tokens, tokens, (input, output, inputTokens, outputTokens) => {
      const cost = costOf({ input, output }, { inputTokens, outputTokens })
      const millionths = (amount: number): bigint => BigInt(Math.round(amount * 1_000_000))
      assert.equal(cost, BigInt(inputTokens) * millionths(input) + BigInt(outputTokens) * millionths(output))
    }),
  )
})

test('a turn that is told in two halves costs what it costs as a whole', () => {
  fc.assert(
    fc.property(price, price, tokens, tokens, tokens, (input, output, a, b, written) => {
      const of = (inputTokens: number, outputTokens: number): bigint =>
        costOf({ input, output }, { inputTokens, outputTokens })
      assert.equal(of(a, written) + of(b, 0), of(a + b, written))
    }),
  )
})

test('cached tokens have their own price, or that of the input where they have none', () => {
  const usage = {
    inputTokens: 1_000_000,
    outputTokens: 0,
    cacheReadTokens: 400_000,
    cacheWriteTokens: 100_000,
  }
  const full: ModelPrice = { input: 10, output: 0, cacheRead: 1, cacheWrite: 12.5 }
  assert.equal(numberOf(costOf(full, usage)), 5 + 0.4 + 1.25)
  assert.equal(numberOf(costOf({ input: 10, output: 0 }, usage)), 10)
})
