import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../errors.ts'
import { checkSize } from './check-size.ts'

const model = { id: 'small', name: 'small', contextWindow: 1_000, maxOutputTokens: null }

test('a message that cannot fit the window by any count is refused, with what to do', () => {
  assert.throws(
    () => checkSize(model, undefined, 'x'.repeat(6_001)),
    (error) => {
      assert.ok(error instanceof GatewayError)
      assert.equal(error.code, 'invalid_request')
      assert.match(error.message, /at least 1001 tokens, but small takes 1000 in all\. Shorten the message/)
      assert.deepEqual(error.details, { field: 'message', maximumTokens: 1_000 })
      return true
    },
  )
  assert.throws(() => checkSize(model, 's'.repeat(5_000), 'x'.repeat(1_001)), /Shorten the system prompt/)
  assert.throws(() => checkSize(model, undefined, '日'.repeat(2_001)), /Shorten the message/)
})

test('what may fit is left to the provider, and so is everything where nobody tells the window', () => {
  checkSize(model, undefined, 'x'.repeat(6_000))
  checkSize(model, undefined, '日'.repeat(2_000))
  checkSize({ ...model, contextWindow: null }, undefined, 'x'.repeat(100_000))
})
