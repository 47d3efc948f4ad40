import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { ProviderEvent } from '../domain/models/provider.ts'
import { createMessageReader } from './anthropic/wire.ts'
import type { StreamReader } from './ask.ts'
import { createCompletionReader } from './openai/wire.ts'
import { TextFrame } from './text-frame.ts'

const who = { name: 'acme', secrets: [] }

function says(reader: StreamReader, events: readonly string[]): readonly ProviderEvent[] | string {
  const out: ProviderEvent[] = []
  try {
    for (const data of events) {
      const said: ProviderEvent[] = []
      reader.read(data, said)
      out.push(...said)
    }
  } catch (error) {
    return String(error)
  }
  return out
}

/** What each event says to a reader that has learnt nothing. */
function saysInFull(create: () => StreamReader, events: readonly string[]): readonly ProviderEvent[] {
  return events.flatMap((data) => {
    const said = says(create(), [data])
    return typeof said === 'string' ? [] : said
  })
}

// Servers write JSON with and without blanks, with and without escapes, and put anything beside the text.
const writers = [
  (value: unknown) => JSON.stringify(value),
  (value: unknown) => JSON.stringify(value, undefined, 1).replaceAll('\n', ''),
  (value: unknown) =>
    JSON.stringify(value).replaceAll(
      /[\u0080-\uffff]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
] as const
const texts = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('0', 'delta', '"', '\\', 'index', ',', ':', ', ', '},{'),
  ),
  { maxLength: 12 },
)
const writer = fc.constantFrom(...writers)

describe('reading the text of a chunk by the frame of the chunks before', () => {
  it('gives what reading each chunk in full gives, for any texts in the Messages API', () => {
    fc.assert(
      fc.property(texts, writer, fc.string(), (pieces, write, aside) => {
        const events = pieces.map((text) =>
          write({ type: 'content_block_delta', index: 0, aside, delta: { type: 'text_delta', text } }),
        )
        assert.deepEqual(
          says(createMessageReader(who), events),
          saysInFull(() => createMessageReader(who), events),
        )
      }),
    )
  })

  it('gives what reading each chunk in full gives, for any texts, refusals and asides in Chat Completions', () => {
    const field = fc.constantFrom('content', 'refusal', 'reasoning_content')
    fc.assert(
      fc.property(texts, writer, field, fc.array(fc.string()), (pieces, write, other, asides) => {
        const events = pieces.map((content, i) =>
          write({
            id: 'c',
            model: 'm',
            choices: [{ index: 0, delta: { content, [other]: asides[i] ?? content }, finish_reason: null }],
            obfuscation: asides[i],
          }),
        )
        assert.deepEqual(
          says(createCompletionReader(who), events),
          saysInFull(() => createCompletionReader(who), events),
        )
      }),
    )
  })

  it('is not misled by a text that also stands between other strings', () => {
    const events = [',', ', ', ':', ',', 'so'].map((text) =>
      JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    )
    assert.deepEqual(
      says(createMessageReader(who), events),
      saysInFull(() => createMessageReader(who), events),
    )
  })

  it('does not take another string than the text for it', () => {
    const frame = new TextFrame()
    const readInFull = (data: string): string | undefined => JSON.parse(data).text
    frame.learn('{"other":"a","text":"a"}', 'a', readInFull)
    assert.equal(frame.read('{"other":"b","text":"a"}'), undefined)
  })

  it('reads nothing by a frame that does not fit to the last byte', () => {
    const frame = new TextFrame()
    frame.learn('{"text":"a","end":null}', 'a', (data) => JSON.parse(data).text)
    assert.equal(frame.read('{"text":"b \\" c","end":null}'), 'b " c')
    for (const data of [
      '{"text":"a","end":1}',
      '{"text":"a","end":"x","end":null}',
      '{"text":7,"end":null}',
      '{"text":"a","end":true}',
      '{"text":","end":null}',
      '',
    ]) {
      assert.equal(frame.read(data), undefined, data)
    }
  })
})
