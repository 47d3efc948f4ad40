import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { ProviderEvent, ProviderMessage, ProviderTurn } from '../../src/domain/models/provider.ts'
import { createProvider } from '../../src/providers/index.ts'
import { at, listAt } from '../support/json.ts'
import { turnOf } from '../support/provider-collect.ts'
import type { Behaviour } from '../support/provider-server.ts'
import { dialects, wholeCalls } from './support.ts'

const signal = new AbortController().signal
const tools = [
  {
    name: 'get_weather',
    description: 'Tells the weather.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
  { name: 'get_time', parameters: { type: 'object', properties: {} } },
] as const
const calls = [
  { id: 'call_1', name: 'get_weather', arguments: '{"city":"Łódź \\"x\\""}' },
  { id: 'call_2', name: 'get_time', arguments: '{}' },
] as const

for (const name of ['openai', 'anthropic'] as const) {
  describe(`tools on the wire, ${name}`, async () => {
    const { api, apiKey, start, model } = dialects[name]
    const server = await start()
    const provider = createProvider({ name: 'acme', api, apiKey, baseUrl: server.url })
    after(async () => {
      await provider.close()
      await server.close()
    })
    const asked = async (
      behaviour: Behaviour,
      rest: Partial<ProviderTurn> = {},
      stream = true,
    ): Promise<ProviderEvent[]> => {
      server.next(behaviour)
      const events: ProviderEvent[] = []
      for await (const event of provider.stream(turnOf(model, stream, { tools, ...rest }), signal))
        events.push(event)
      return events
    }
    const body = (): unknown => server.requests.at(-1)?.body

    for (const manner of [{}, { bytesPerWrite: 1 }, { as: 'json' as const }]) {
      it(`calls come whole before the finish, also ${JSON.stringify(manner)}`, async () => {
        for (const stream of [true, false]) {
          const events = await asked({ toolCalls: calls, pieces: ['Let me see.'], ...manner }, {}, stream)
          assert.deepEqual(wholeCalls(events), calls)
          const last = events.at(-1)
          assert.ok(last?.type === 'finish')
          assert.equal(last.finishReason, 'tool_calls')
          assert.equal(
            events
              .filter((event) => event.type === 'text')
              .map(({ text }) => text)
              .join(''),
            'Let me see.',
          )
        }
      })
    }

    it('a stream shows each piece of a call as it comes', async () => {
      const events = await asked({ toolCalls: calls })
      for (const [index, call] of calls.entries()) {
        const pieces = events.filter((event) => event.type === 'tool_call_delta' && event.index === index)
        assert.ok(pieces.length >= 2)
        assert.ok(
          pieces.every(
            (piece) => piece.type === 'tool_call_delta' && piece.id === call.id && piece.name === call.name,
          ),
        )
        const json = pieces.map((piece) => (piece.type === 'tool_call_delta' ? piece.arguments : '')).join('')
        assert.deepEqual(JSON.parse(json), JSON.parse(call.arguments))
      }
    })

    it('a plain answer has no pieces', async () => {
      for (const as of ['json', 'events'] as const) {
        const events = await asked({ toolCalls: calls, as }, {}, false)
        assert.ok(!events.some(({ type }) => type === 'tool_call_delta'))
        assert.deepEqual(wholeCalls(events), calls)
      }
    })

    it('choices of tools are said in the words of the dialect', async () => {
      const said: Readonly<Record<string, readonly unknown[]>> = {
        openai: ['auto', 'none', 'required', { type: 'function', function: { name: 'get_time' } }],
        anthropic: [{ type: 'auto' }, { type: 'none' }, { type: 'any' }, { type: 'tool', name: 'get_time' }],
      }
      const choices = ['auto', 'none', 'required', { name: 'get_time' }] as const
      for (const [i, toolChoice] of choices.entries()) {
        await asked({}, { toolChoice })
        assert.deepEqual(at(body(), 'tool_choice'), said[name]?.[i])
      }
      await asked({}, { parallelToolCalls: false })
      if (name === 'openai') assert.equal(at(body(), 'parallel_tool_calls'), false)
      else assert.deepEqual(at(body(), 'tool_choice'), { type: 'auto', disable_parallel_tool_use: true })
    })

    it('a turn without tools sends no field of theirs', async () => {
      server.next({})
      for await (const _ of provider.stream(turnOf(model, true), signal));
      for (const field of ['tools', 'tool_choice', 'parallel_tool_calls', 'response_format', 'output_config'])
        assert.equal(at(body(), field), undefined)
    })

    it('results go back to their calls, and what was thought goes with them to the same model alone', async () => {
      const events = await asked({ toolCalls: calls, pieces: ['Hm.'], thinking: 'It rains.' })
      const finish = events.at(-1)
      assert.ok(finish?.type === 'finish')
      const thought =
        name === 'anthropic'
          ? finish.thought
          : { provider: 'acme', model, value: { reasoning_content: 'It rains.' } }
      assert.ok(thought)
      const messages: readonly ProviderMessage[] = [
        { role: 'user', content: 'Weather?' },
        { role: 'assistant', content: 'Hm.', toolCalls: wholeCalls(events), thought },
        { role: 'tool', toolCallId: 'call_1', content: 'Rain' },
        { role: 'tool', toolCallId: 'call_2', content: 'No clock.', isError: true },
        { role: 'user', content: 'And?' },
      ]
      const thoughtOf = (): unknown =>
        name === 'anthropic'
          ? at(body(), 'messages', 1, 'content', 0)
          : at(body(), 'messages', 1, 'reasoning_content')
      await asked({}, { messages })
      if (name === 'anthropic') {
        assert.deepEqual(thoughtOf(), {
          type: 'thinking',
          thinking: 'It rains.',
          signature: 'c2lnbmVkIGJ5IHRoZSBmYWtl',
        })
        assert.deepEqual(at(body(), 'messages', 2, 'content'), [
          { type: 'tool_result', tool_use_id: 'call_1', content: 'Rain' },
          { type: 'tool_result', tool_use_id: 'call_2', content: 'No clock.', is_error: true },
        ])
      } else {
        assert.equal(thoughtOf(), 'It rains.')
        assert.deepEqual(at(body(), 'messages', 3), {
          role: 'tool',
          tool_call_id: 'call_2',
          content: 'No clock.',
        })
      }
      const others = [
        { ...thought, provider: 'other' },
        { ...thought, model: 'other' },
      ]
      for (const other of others) {
        await asked(
          {},
          {
            messages: messages.map((message) =>
              message.role === 'assistant' ? { ...message, thought: other } : message,
            ),
          },
        )
        assert.doesNotMatch(JSON.stringify(body()), /It rains/)
        assert.equal(listAt(body(), 'messages').length, name === 'anthropic' ? 4 : 5)
      }
    })

    it('arguments that are no JSON do not spoil the next question', async () => {
      const toolCalls = [{ id: 'a', name: 'get_time', arguments: 'oh no' }]
      await asked(
        {},
        {
          messages: [
            { role: 'user', content: 'x' },
            { role: 'assistant', content: '', toolCalls },
            { role: 'tool', toolCallId: 'a', content: 'The arguments are no JSON.', isError: true },
          ],
        },
      )
      if (name === 'anthropic') assert.deepEqual(at(body(), 'messages', 1, 'content', 0, 'input'), {})
      else assert.equal(at(body(), 'messages', 1, 'content'), null)
    })

    it('an image by its address is for the provider to fetch', async () => {
      const parts = [
        { type: 'image_url', url: 'https://example.com/a.png' },
        { type: 'text', text: 'Look' },
      ] as const
      await asked({}, { messages: [{ role: 'user', content: 'Look', parts }] })
      const image = at(body(), 'messages', 0, 'content', 0)
      if (name === 'anthropic')
        assert.deepEqual(at(image, 'source'), { type: 'url', url: 'https://example.com/a.png' })
      else assert.deepEqual(at(image, 'image_url'), { url: 'https://example.com/a.png' })
    })
  })
}
