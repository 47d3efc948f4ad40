import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { replay, streamOf } from '../../../tests/support/provider-replay.ts'
import type { ProviderTurn } from '../../domain/models/provider.ts'
import { messagesRequest } from './question.ts'
import { createMessageReader, readMessage } from './wire.ts'

const who = { name: 'acme', secrets: [] }
const streamed = readFileSync(new URL('fixtures/stream.sse', import.meta.url))
const plain = readFileSync(new URL('fixtures/message.json', import.meta.url), 'utf8')
const text = 'Grüße aus\n"Łódź" \\ 世界! 👋🏽 é\u2028'
const finish = {
  type: 'finish',
  finishReason: 'stop',
  usage: { inputTokens: 3121, outputTokens: 27, cacheReadTokens: 3000, cacheWriteTokens: 100 },
  model: 'claude-sonnet-4-5-20250929',
}

describe('reading the Messages API', () => {
  it('a recorded stream says the same wherever its bytes are split', () => {
    const whole = replay(createMessageReader(who), [streamed])
    assert.equal(whole.map((event) => (event.type === 'text' ? event.text : '')).join(''), text)
    assert.deepEqual(whole[0], {
      type: 'usage',
      usage: { inputTokens: 3121, outputTokens: 1, cacheReadTokens: 3000, cacheWriteTokens: 100 },
    })
    assert.deepEqual(whole.at(-1), finish)
    for (let at = 1; at < streamed.length; at++) {
      const split = [streamed.subarray(0, at), streamed.subarray(at)]
      assert.deepEqual(replay(createMessageReader(who), split), whole, `split at byte ${at}`)
    }
    const bytes = Array.from(streamed, (_, at) => streamed.subarray(at, at + 1))
    assert.deepEqual(replay(createMessageReader(who), bytes), whole)
  })

  it('a recorded message is one text without the thoughts, and counts the cache as input', () => {
    assert.deepEqual(readMessage(who, JSON.parse(plain)), [{ type: 'text', text }, finish])
  })

  it('a stream that any number of its bytes is cut from is an error', () => {
    const end = streamed.indexOf('event: message_stop')
    for (let length = 0; length <= end; length++) {
      assert.throws(() => replay(createMessageReader(who), [streamed.subarray(0, length)]), /cut short/)
    }
  })

  it('message_stop alone does not make an answer whole: the reason must have been told', () => {
    assert.throws(() => replay(createMessageReader(who), streamOf([{ type: 'message_stop' }])), /cut short/)
    const message = { ...JSON.parse(plain), stop_reason: null }
    assert.throws(() => readMessage(who, message), /cut short/)
  })

  it('a reason that is not known yet ends an answer all the same', () => {
    const events = readMessage(who, { ...JSON.parse(plain), stop_reason: 'bored' })
    assert.partialDeepStrictEqual(events.at(-1), { type: 'finish', finishReason: 'stop' })
  })

  it('an error that comes as a whole answer is an error', () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    assert.throws(() => readMessage(who, error), { code: 'provider_unavailable' })
  })

  it('JSON of another shape is an error', () => {
    for (const json of [null, [], 'text', {}, { content: 'text' }, { choices: [] }]) {
      assert.throws(() => readMessage(who, json), { code: 'provider_error', message: /no message/ })
    }
  })
})

describe('writing the Messages API', () => {
  const turn: ProviderTurn = {
    model: 'claude-x',
    messages: [{ role: 'user', content: 'Hi' }],
    stream: true,
    connectTimeoutMs: 1,
  }

  it('sends only what it must', () => {
    assert.deepEqual(messagesRequest(turn, 4096, 'acme'), {
      model: 'claude-x',
      max_tokens: 4096,
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    })
  })

  it('sends what the turn says', () => {
    const full = { ...turn, systemPrompt: 'Be brief.', maxTokens: 5, temperature: 1, stream: false }
    assert.deepEqual(messagesRequest(full, 4096, 'acme'), {
      model: 'claude-x',
      max_tokens: 5,
      messages: [{ role: 'user', content: 'Hi' }],
      stream: false,
      system: 'Be brief.',
      temperature: 1,
    })
  })

  it('a history that begins with the assistant is preceded by a user message, as the API demands', () => {
    const messages = [
      { role: 'assistant', content: 'Your parcel is on its way.' },
      { role: 'user', content: 'When?' },
    ] as const
    const roles = messagesRequest({ ...turn, messages }, 4096, 'acme').messages.map((message) => message.role)
    assert.deepEqual(roles, ['user', 'assistant', 'user'])
  })

  it('a temperature above 1 is refused before anything is sent', () => {
    const hot = { ...turn, temperature: 1.01 }
    assert.throws(() => messagesRequest(hot, 4096, 'acme'), { code: 'invalid_request', message: /at most 1/ })
  })
})
