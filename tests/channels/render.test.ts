import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { renderDiscord } from '../../src/channels/render/discord.ts'
import { renderSlack } from '../../src/channels/render/slack.ts'
import { renderTelegram } from '../../src/channels/render/telegram.ts'
import { chatMarkdown, visibleIn } from '../support/chat-markdown.ts'
import { checkFences, checkSlackEscapes, readTelegramHtml } from '../support/rendered-parts.ts'

const seed = 20260409

// Ten thousand texts in all; low limits make short texts fall into many parts.
describe('whatever a model writes', () => {
  test('Telegram is sent valid entities within its limit, and all that can be seen in order', () => {
    check(3400, 4096, (markdown, limit) => {
      const parts = renderTelegram(markdown, limit)
      const read = parts.map(({ text }) => readTelegramHtml(text))
      for (const [index, text] of read.entries()) {
        const { text: raw, plain = assert.fail('no plain text') } = parts[index] ?? assert.fail()
        assert.ok(text.length <= limit && plain.length <= limit, raw)
        assert.match(text, /\S/)
      }
      return { parts: read, others: [parts.map((part) => part.plain).join('')] }
    })
  })

  test('Discord is sent closed fences within its limit, and all that can be seen in order', () => {
    check(3300, 2000, (markdown, limit) => {
      const parts = renderDiscord(markdown, limit).map((part) => part.text)
      for (const part of parts) {
        assert.ok(part.length <= limit, part)
        assert.match(part, /\S/)
        checkFences(part)
      }
      return { parts, others: [] }
    })
  })

  test('Slack is sent escaped text and closed fences within its limit, and all that can be seen in order', () => {
    check(3300, 4000, (markdown, limit) => {
      const parts = renderSlack(markdown, limit).map((part) => part.text)
      for (const part of parts) {
        assert.ok([...part].length <= limit, part)
        assert.match(part, /\S/)
        checkFences(part)
        checkSlackEscapes(part)
      }
      return { parts, others: [] }
    })
  })
})

interface Shown {
  readonly parts: readonly string[]
  readonly others: readonly string[]
}

function check(runs: number, limitMax: number, show: (markdown: string, limit: number) => Shown): void {
  const limits = fc.oneof(fc.integer({ min: 100, max: 300 }), fc.constant(limitMax))
  const property = fc.property(chatMarkdown, limits, (markdown, limit) => {
    const { parts, others } = show(markdown, limit)
    assert.ok(parts.length > 0)
    for (const part of parts) assert.ok(part.isWellFormed(), 'half a character')
    const expected = visibleIn(markdown)
    for (const all of [parts.join(''), ...others]) assert.equal(visibleIn(all), expected)
  })
  fc.assert(property, { numRuns: runs, seed })
}
