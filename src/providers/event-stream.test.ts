import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createEventFeed, eventLengthMax } from './event-stream.ts'

const feedOf = () =>
  createEventFeed(() => {
    throw new Error('too large')
  })

describe('the feed of an event stream', () => {
  it('returns each event’s data whatever its text, wherever its bytes are split and whatever ends its lines', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/g, ' '))
    const event = fc.array(line, { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(
        fc.array(event),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat(20)),
        (events, end, cuts) => {
          const text = events
            .map((lines) => [...lines.map((data) => `data: ${data}`), '', ''].join(end))
            .join('')
          const bytes = Buffer.from(text)
          const feed = feedOf()
          const got: string[] = []
          let start = 0
          for (const cut of cuts) {
            got.push(...feed(bytes.subarray(start, start + cut)))
            start += cut
          }
          got.push(...feed(bytes.subarray(start)))
          // A lone CR at the very end may be half of a CRLF: the event waits for the next byte.
          got.push(...feed(Buffer.from('\n')))
          assert.deepEqual(
            got,
            events.map((lines) => lines.join('\n')),
          )
        },
      ),
    )
  })

  it('refuses a line and an event of more than 16 Mi characters, as soon as they are', () => {
    const piece = Buffer.from('x'.repeat(1024 * 1024))
    const line = feedOf()
    line(Buffer.from('data: '))
    for (let i = 0; i < 15; i++) line(piece)
    assert.throws(() => {
      for (let i = 0; i < 2; i++) line(piece)
    }, /too large/)
    const event = feedOf()
    assert.throws(() => {
      for (let i = 0; i <= eventLengthMax / piece.length; i++)
        event(Buffer.concat([Buffer.from('data: '), piece, Buffer.from('\n')]))
    }, /too large/)
  })

  it('keeps nothing of a line that is no field', () => {
    const feed = feedOf()
    const piece = Buffer.from('x'.repeat(1024 * 1024))
    for (let i = 0; i < 64; i++) assert.deepEqual(feed(piece), [])
    assert.deepEqual(feed(Buffer.from('\ndata: a\n\n')), ['a'])
  })
})
