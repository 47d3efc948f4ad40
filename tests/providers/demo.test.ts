import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GatewayError } from '../../src/domain/errors.ts'
import type { ProviderEvent, ProviderTurn } from '../../src/domain/models/provider.ts'
import { createProvider } from '../../src/providers/index.ts'
import { type Collected, codeOf, collect, turnOf } from '../support/provider-collect.ts'

const provider = createProvider({ name: 'demo', api: 'demo', baseUrl: '' })
const signal = new AbortController().signal

function say(content: string, rest: Partial<ProviderTurn> = {}): Promise<Collected> {
  return collect(
    provider.stream(turnOf('demo', true, { messages: [{ role: 'user', content }], ...rest }), signal),
  )
}

describe('the demo model', () => {
  it('is one model with a context', async () => {
    const [model, ...others] = await provider.models(signal)
    assert.partialDeepStrictEqual(model, { id: 'demo', contextWindow: 200_000 })
    assert.deepEqual(others, [])
  })

  it('says what it is, quotes the message and points to help, word by word, the same each time', async () => {
    const first = await say('What is the  weather?')
    assert.match(first.pieces.join(''), /"What is the weather\?".*not an AI.*ANTHROPIC_API_KEY.*help/s)
    assert.ok(first.pieces.length > 20)
    assert.ok(first.pieces.every((piece) => /^\S+\s*$/.test(piece)))
    assert.deepEqual(await say('What is the  weather?'), first)
    const long = await say(`${'👋🏽'.repeat(400)} and so on`)
    assert.match(long.pieces.join(''), /…"/)
    assert.doesNotMatch(long.pieces.join(''), /\ufffd/)
  })

  it('says the same plainly, as one text', async () => {
    const streamed = await say('hello')
    const plain = await say('hello', { stream: false })
    assert.deepEqual(plain.pieces, [streamed.pieces.join('')])
    assert.deepEqual(plain.finish, streamed.finish)
  })

  it('counts a word as a token', async () => {
    const { finish } = await say('echo a b c', { systemPrompt: 'Be very brief.' })
    assert.deepEqual(finish, {
      finishReason: 'stop',
      usage: { inputTokens: 7, outputTokens: 3 },
      model: 'demo',
    })
  })

  it('help names every command, echo echoes, long is about 2,000 words', async () => {
    const help = (await say('Help')).pieces.join('')
    for (const command of ['help', 'echo', 'long', 'slow', 'error'])
      assert.match(help, new RegExp(`- ${command}`))
    assert.equal((await say('echo  one\n two  ')).pieces.join(''), 'one\n two')
    const { pieces, finish } = await say('long')
    assert.equal(pieces.length, 2000)
    assert.equal(finish?.finishReason, 'stop')
  })

  it('stops at the limit of tokens and says so', async () => {
    const { pieces, finish } = await say('long', { maxTokens: 10 })
    assert.equal(pieces.length, 10)
    assert.partialDeepStrictEqual(finish, { finishReason: 'length', usage: { outputTokens: 10 } })
  })

  it('error STATUS fails as a provider with that status would', async () => {
    const table = {
      429: 'provider_unavailable',
      500: 'provider_error',
      401: 'provider_error',
      413: 'invalid_request',
      503: 'provider_unavailable',
    }
    for (const [status, code] of Object.entries(table)) {
      const { error, pieces } = await say(`error ${status}`)
      assert.ok(error instanceof GatewayError)
      assert.equal(error.code, code)
      assert.match(error.message, new RegExp(`demo.*${status}`))
      assert.deepEqual(pieces, [])
    }
    assert.ok((await say('error 429')).error instanceof GatewayError)
    assert.equal((await say('error 200')).error, undefined)
    assert.equal((await say('errors happen')).error, undefined)
  })

  it('takes no temperature and says so', async () => {
    assert.deepEqual((await say('hi', { temperature: 0.5 })).warnings, ['temperature_ignored'])
  })

  it('slow takes its time and stops at once with its signal', async () => {
    const leaving = new AbortController()
    const turn = turnOf('demo', true, { messages: [{ role: 'user', content: 'slow' }] })
    const events = provider.stream(turn, leaving.signal)
    let texts = 0
    const reason = new Error('enough')
    await assert.rejects(async () => {
      for await (const event of events) {
        if (event.type !== 'text') continue
        texts++
        setImmediate(() => leaving.abort(reason))
      }
    }, reason)
    assert.equal(texts, 1)
    const aborted = await collect(provider.stream(turn, AbortSignal.abort(reason)))
    assert.equal(aborted.error, reason)
  })

  it('an answer without pauses stops with its signal too', async () => {
    const leaving = new AbortController()
    const turn = turnOf('demo', true, { messages: [{ role: 'user', content: 'long' }] })
    const events = provider.stream(turn, leaving.signal)
    for (let i = 0; i < 5; i++) await events.next()
    leaving.abort(new Error('enough'))
    await assert.rejects(events.next(), /enough/)
  })

  it('is asked for no other model', async () => {
    assert.equal(codeOf(await say('hi', { model: 'gpt-4o' })), 'model_not_found')
  })

  it('answers by a schema with a value that validates', async () => {
    const schema = {
      type: 'object',
      properties: {
        mood: { enum: ['good', 'bad'] },
        score: { type: 'integer', minimum: 1 },
        name: { type: 'string', minLength: 6, maxLength: 8 },
        tags: { type: 'array', items: { $ref: '#/$defs/tag' }, minItems: 2 },
        note: { anyOf: [{ type: 'null' }, { type: 'string' }] },
        left: { type: 'string' },
      },
      required: ['mood', 'score', 'name', 'tags', 'note'],
      $defs: { tag: { type: 'object', properties: { id: { const: 7 } }, required: ['id'] } },
    }
    const { pieces } = await say('Sort this', { responseFormat: { type: 'json_schema', name: 'x', schema } })
    assert.deepEqual(JSON.parse(pieces.join('')), {
      mood: 'good',
      score: 1,
      name: 'demo..',
      tags: [{ id: 7 }, { id: 7 }],
      note: null,
    })
    const own = await say('echo {"a":1}', { responseFormat: { type: 'json_schema', name: 'x', schema } })
    assert.equal(own.pieces.join(''), '{"a":1}', 'who echoes decides what comes')
  })

  it('reads a skill that is on offer, as models do', async () => {
    const tools = [{ name: 'read_skill', parameters: { type: 'object' } }]
    const events: ProviderEvent[] = []
    const messages = [{ role: 'user', content: 'skill refunds' }] as const
    for await (const event of provider.stream(turnOf('demo', true, { messages, tools }), signal))
      events.push(event)
    const call = { id: 'call_demo', name: 'read_skill', arguments: '{"name":"refunds"}' }
    assert.deepEqual(
      events.find(({ type }) => type === 'tool_call'),
      { type: 'tool_call', call },
    )
    assert.partialDeepStrictEqual(events.at(-1), { type: 'finish', finishReason: 'tool_calls' })
    const after = turnOf('demo', true, {
      messages: [
        ...messages,
        { role: 'assistant', content: '', toolCalls: [call] },
        { role: 'tool', toolCallId: 'call_demo', content: 'error 500' },
      ],
      tools,
    })
    assert.match((await collect(provider.stream(after, signal))).pieces.join(''), /I have read "error 500"/)
    assert.match((await say('skill refunds')).pieces.join(''), /no skill on offer/)
  })

  it('says how many images it was given', async () => {
    const parts = [
      { type: 'image', mimeType: 'image/png', data: 'AAAA' },
      { type: 'text', text: 'Look' },
    ] as const
    const messages = [{ role: 'user', content: 'Look', parts }] as const
    assert.match((await say('', { messages })).pieces.join(''), /^I was given 1 image\./)
  })
})
