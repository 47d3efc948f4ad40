import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { ProviderEvent, ProviderMessage } from '../../src/domain/models/provider.ts'
import { createProvider } from '../../src/providers/index.ts'
import { at } from '../support/json.ts'
import { turnOf } from '../support/provider-collect.ts'
import { dialects, wholeCalls } from './support.ts'

const signal = new AbortController().signal
const tools = [
  { name: 'get_weather', parameters: { type: 'object' } },
  { name: 'get_time', parameters: { type: 'object' } },
] as const

describe('calls as compatible servers write them', async () => {
  const { api, apiKey, start, model } = dialects.openai
  const server = await start()
  const provider = createProvider({ name: 'acme', api, apiKey, baseUrl: server.url })
  after(async () => {
    await provider.close()
    await server.close()
  })
  const chunk = (delta: object, finish_reason: string | null = null): object => ({
    id: 'x',
    object: 'chat.completion.chunk',
    model,
    choices: [{ index: 0, delta, finish_reason }],
  })
  const streamed = async (...events: readonly unknown[]): Promise<ProviderEvent[]> => {
    server.next({ events: [...events, '[DONE]'] })
    const out: ProviderEvent[] = []
    for await (const event of provider.stream(turnOf(model, true, { tools }), signal)) out.push(event)
    return out
  }

  it('Google’s, whole, without an index, with stop for a reason, and signed', async () => {
    const extra_content = { google: { thought_signature: 'c2ln' } }
    const call = (id: string): object => ({
      id,
      type: 'function',
      function: { name: 'get_time', arguments: '{}' },
      extra_content,
    })
    const events = await streamed(
      chunk({ tool_calls: [call('a')] }),
      chunk({ tool_calls: [call('b')] }),
      chunk({}, 'stop'),
    )
    const toolCalls = wholeCalls(events)
    assert.deepEqual(toolCalls, [
      { id: 'a', name: 'get_time', arguments: '{}', extra: { extra_content } },
      { id: 'b', name: 'get_time', arguments: '{}', extra: { extra_content } },
    ])
    const finish = events.at(-1)
    assert.ok(finish?.type === 'finish')
    assert.equal(finish.finishReason, 'tool_calls')
    const messages: readonly ProviderMessage[] = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: '', toolCalls, ...(finish.thought ? { thought: finish.thought } : {}) },
      ...toolCalls.map(({ id }) => ({ role: 'tool' as const, toolCallId: id, content: 'noon' })),
    ]
    server.next({})
    for await (const _ of provider.stream(turnOf(model, true, { tools, messages }), signal));
    const first = (): unknown => at(server.requests.at(-1)?.body, 'messages', 1, 'tool_calls', 0)
    assert.deepEqual(at(first(), 'extra_content'), extra_content)
    const elsewhere = messages.map((message) =>
      message.role === 'assistant'
        ? { ...message, thought: { provider: 'other', model, value: {} } }
        : message,
    )
    server.next({})
    for await (const _ of provider.stream(turnOf(model, true, { tools, messages: elsewhere }), signal));
    assert.equal(at(first(), 'extra_content'), undefined)
  })

  it('arguments as an object, no id, a null where nothing is', async () => {
    const events = await streamed(
      chunk({ role: 'assistant', content: null, tool_calls: null }),
      chunk({ tool_calls: [{ function: { name: 'get_weather', arguments: { city: 'Oslo' } } }] }),
      chunk({}, 'tool_calls'),
    )
    assert.deepEqual(wholeCalls(events), [
      { id: 'call_0', name: 'get_weather', arguments: '{"city":"Oslo"}' },
    ])
  })

  it('pieces of two calls that come by turns', async () => {
    const piece = (index: number, more: object): object => chunk({ tool_calls: [{ index, ...more }] })
    const events = await streamed(
      piece(0, { id: 'a', function: { name: 'get_time', arguments: '' } }),
      piece(1, { id: 'b', function: { name: 'get_weather', arguments: '{"city"' } }),
      piece(0, { function: { arguments: '{}' } }),
      piece(1, { function: { arguments: ':"Oslo"}' } }),
      chunk({}, 'tool_calls'),
    )
    assert.deepEqual(
      wholeCalls(events).map((call) => [call.id, call.arguments]),
      [
        ['a', '{}'],
        ['b', '{"city":"Oslo"}'],
      ],
    )
  })

  it('more calls than any answer needs are an error, not memory', async () => {
    const many = Array.from({ length: 200 }, (_, index) =>
      chunk({ tool_calls: [{ index, id: `c${index}`, function: { name: 'get_time', arguments: '{}' } }] }),
    )
    await assert.rejects(streamed(...many, chunk({}, 'tool_calls')), {
      code: 'provider_error',
      message: /more than 128 tools/,
    })
  })
})
