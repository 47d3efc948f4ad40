import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { replay, streamOf } from '../../../tests/support/provider-replay.ts'
import type { ProviderEvent, ProviderTurn } from '../../domain/models/provider.ts'
import { completionRequest } from './question.ts'
import { createCompletionReader, readCompletion } from './wire.ts'

const who = { name: 'acme', secrets: [] }
const streamed = readFileSync(new URL('fixtures/stream.sse', import.meta.url))
const plain = readFileSync(new URL('fixtures/completion.json', import.meta.url), 'utf8')
const text = 'Grüße aus\n"Łódź" \\ 世界! 👋🏽 é\u2028'
const finish = {
  type: 'finish',
  finishReason: 'stop',
  usage: { inputTokens: 3121, outputTokens: 27, cacheReadTokens: 3000 },
  model: 'gpt-4.1-2025-04-14',
}

function chunk(delta: unknown, rest: Readonly<Record<string, unknown>> = {}): unknown {
  return { model: 'm', choices: [{ index: 0, delta, finish_reason: null, ...rest }] }
}

function read(events: readonly unknown[]): readonly ProviderEvent[] {
  return replay(createCompletionReader(who), streamOf(events))
}

describe('reading Chat Completions', () => {
  it('a recorded stream says the same wherever its bytes are split', () => {
    const whole = replay(createCompletionReader(who), [streamed])
    assert.equal(whole.map((event) => (event.type === 'text' ? event.text : '')).join(''), text)
    assert.deepEqual(whole.at(-1), finish)
    for (let at = 1; at < streamed.length; at++) {
      const split = [streamed.subarray(0, at), streamed.subarray(at)]
      assert.deepEqual(replay(createCompletionReader(who), split), whole, `split at byte ${at}`)
    }
    const bytes = Array.from(streamed, (_, at) => streamed.subarray(at, at + 1))
    assert.deepEqual(replay(createCompletionReader(who), bytes), whole)
  })

  it('a recorded completion is one text', () => {
    const usage = { inputTokens: 3121, outputTokens: 27 }
    assert.deepEqual(readCompletion(who, JSON.parse(plain)), [
      { type: 'text', text },
      { ...finish, usage },
    ])
  })

  it('a stream that ends without a finish reason is an error, even where it says [DONE]', () => {
    assert.throws(() => read([chunk({ content: 'Hi' })]), /cut short/)
    assert.throws(() => read([chunk({ content: 'Hi' }), '[DONE]']), /cut short/)
    assert.throws(() => read(['[DONE]']), /cut short/)
  })

  it('a stream that told its reason is whole without [DONE] and without usage', () => {
    const events = read([chunk({ content: 'Hi' }), chunk({}, { finish_reason: 'length' })])
    assert.deepEqual(events, [
      { type: 'text', text: 'Hi' },
      { type: 'finish', finishReason: 'length', model: 'm' },
    ])
  })

  it('text, reason and usage in one chunk all count, and usage may come with each', () => {
    const usage = (n: number) => ({ prompt_tokens: 3, completion_tokens: n, total_tokens: 3 + n })
    const first = { model: 'm', choices: [{ delta: { content: 'Hi' } }], usage: usage(1) }
    const last = {
      model: 'm',
      choices: [{ delta: { content: '!' }, finish_reason: 'stop' }],
      usage: usage(2),
    }
    assert.deepEqual(read([first, last, '[DONE]']), [
      { type: 'text', text: 'Hi' },
      { type: 'usage', usage: { inputTokens: 3, outputTokens: 1 } },
      { type: 'text', text: '!' },
      { type: 'usage', usage: { inputTokens: 3, outputTokens: 2 } },
      { type: 'finish', finishReason: 'stop', usage: { inputTokens: 3, outputTokens: 2 }, model: 'm' },
    ])
  })

  it('a refusal is text, and the reason is refusal', () => {
    const events = read([
      chunk({ refusal: 'I can’t' }),
      chunk({ refusal: ' help.' }),
      chunk({}, { finish_reason: 'stop' }),
    ])
    assert.deepEqual(events.slice(0, 2), [
      { type: 'text', text: 'I can’t' },
      { type: 'text', text: ' help.' },
    ])
    assert.partialDeepStrictEqual(events.at(-1), { finishReason: 'refusal' })
    const message = { role: 'assistant', content: null, refusal: 'No.' }
    const whole = readCompletion(who, { choices: [{ message, finish_reason: 'stop' }] })
    assert.deepEqual(whole, [
      { type: 'text', text: 'No.' },
      { type: 'finish', finishReason: 'refusal' },
    ])
  })

  it('content in parts is their text', () => {
    const content = [
      { type: 'thinking', thinking: [] },
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]
    const events = read([chunk({ content }), chunk({}, { finish_reason: 'stop' })])
    assert.deepEqual(events.slice(0, 2), [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ])
  })

  it('what a server says to mean that it gave up is an error', () => {
    assert.throws(() => read([chunk({ content: 'Hi' }, { finish_reason: 'error' })]), {
      code: 'provider_error',
    })
    assert.throws(() => read([chunk({}, { finish_reason: 'insufficient_system_resource' })]), {
      code: 'provider_unavailable',
    })
    assert.throws(() => read([{ error: { code: 429, message: 'Slow down' } }]), {
      code: 'provider_unavailable',
    })
    assert.throws(() => read([{ error: 'model runner has stopped' }]), {
      code: 'provider_error',
      message: /runner/,
    })
    assert.throws(() => readCompletion(who, { error: { message: 'no' } }), { code: 'provider_error' })
  })

  it('JSON of another shape is an error', () => {
    for (const json of [null, [], 'text', {}, { choices: [] }, { choices: [{ text: 'old' }] }]) {
      assert.throws(() => readCompletion(who, json), { code: 'provider_error', message: /no completion/ })
    }
  })
})

describe('writing Chat Completions', () => {
  const turn: ProviderTurn = {
    model: 'gpt-x',
    messages: [{ role: 'user', content: 'Hi' }],
    stream: false,
    connectTimeoutMs: 1,
  }

  it('sends only what it must', () => {
    assert.deepEqual(completionRequest(turn, 'max_tokens', 'acme'), {
      model: 'gpt-x',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: false,
    })
  })

  it('sends what the turn says, the limit in the field of the server, and asks a stream for usage', () => {
    const full = { ...turn, systemPrompt: 'Be brief.', maxTokens: 5, temperature: 2, stream: true }
    assert.deepEqual(completionRequest(full, 'max_completion_tokens', 'acme'), {
      model: 'gpt-x',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
      stream: true,
      max_completion_tokens: 5,
      temperature: 2,
      stream_options: { include_usage: true },
    })
  })
})
