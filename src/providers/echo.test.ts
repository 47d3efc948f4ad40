import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../domain/errors.ts'
import type { ProviderTurn } from '../domain/models/provider.ts'
import { maskEcho, withoutEcho } from './echo.ts'

const prompt = 'My "secret" plan\nis to write\ta poem about the sea, and to sell it dearly.'

test('a prompt that is repeated is masked, as it stood, on one line, or with escapes', () => {
  for (const echo of [prompt, prompt.replaceAll(/\s+/g, ' '), JSON.stringify(prompt)]) {
    const masked = maskEcho(`up refused the request (400): not allowed: ${echo} (code 7)`, [prompt])
    for (const word of ['plan', 'poem', 'sea', 'dearly'])
      assert.doesNotMatch(masked, new RegExp(word), masked)
    assert.match(masked, /^up refused the request \(400\): not allowed: .*\(code 7\)$/)
  }
})

test('a part of it is masked from sixteen characters on, also where it begins and ends within words', () => {
  assert.equal(maskEcho('refused: …a poem about the s…', [prompt]), 'refused: …***…')
  assert.equal(maskEcho('refused: em about the sea, an', [prompt]), 'refused: ***')
  assert.equal(maskEcho('refused: the sea', [prompt]), 'refused: the sea')
})

test('a short message is masked where all of it is repeated', () => {
  assert.equal(maskEcho('the input "hunter2" is refused', ['hunter2']), 'the input "***" is refused')
  assert.equal(maskEcho('the input "hi" is refused', ['hi']), 'the input "hi" is refused')
  assert.equal(maskEcho('your input was: hunter2. Check it.', ['hunter2']), 'your input was: ***. Check it.')
  assert.equal(maskEcho('your input was:hunter2!', ['hunter2!']), 'your input was:***!')
  assert.equal(maskEcho('GET /?q=a-long-secret-of-mine&x=1', ['a-long-secret-of-mine']), 'GET /?q=***&x=1')
})

test('every message and the system prompt count, not only the last', () => {
  const spoken = ['You are a helper of Example Inc.', 'an earlier message of the user', 'its answer']
  const masked = maskEcho('bad: You are a helper of Example Inc. / an earlier message of the user', spoken)
  assert.equal(masked, 'bad: ***')
})

test('a sentence that repeats nothing stays as it is', () => {
  const sentence = 'up does not take this content (400): prompt is too long: 210000 tokens > 200000 maximum'
  assert.equal(maskEcho(sentence, [prompt, 'x'.repeat(100_000), '']), sentence)
})

test('an error keeps its code, its details and its wait, and what is no error of ours is passed on', () => {
  const turn: ProviderTurn = {
    model: 'm',
    messages: [{ role: 'user', content: prompt }],
    stream: false,
    connectTimeoutMs: 1,
  }
  const error = new GatewayError('provider_unavailable', `up says: ${prompt}`, {
    retryAfterSeconds: 3,
    details: { a: 1 },
    cause: 'c',
  })
  const masked = withoutEcho(error, turn)
  assert.ok(masked instanceof GatewayError)
  assert.equal(masked.message, 'up says: ***.')
  assert.deepEqual(
    [masked.code, masked.retryAfterSeconds, masked.details, masked.cause],
    [error.code, 3, { a: 1 }, 'c'],
  )
  const other = new Error(prompt)
  assert.equal(withoutEcho(other, turn), other)
})

test('two million characters are gone through in a moment, whatever the sentence is', () => {
  const long = Array.from({ length: 300_000 }, (_, i) => `word${i % 977}`).join(' ')
  const started = performance.now()
  maskEcho(`bad: ${Array.from({ length: 50 }, (_, i) => `word${i}`).join(' ')}`, [long])
  assert.ok(performance.now() - started < 5_000)
})
