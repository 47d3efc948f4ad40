import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ToolMessage } from '../models/provider.ts'
import { fitToolResults } from './fit-tool-results.ts'
import { estimateTokens } from './history.ts'

const model = { id: 'one', name: 'one', contextWindow: 10_000, maxOutputTokens: null }
const question = { messages: [{ role: 'user', content: 'q'.repeat(6_000) } as const], maxTokens: 1_000 }
const room = 10_000 - 1_000 - estimateTokens('q'.repeat(6_000))

test('results that fit stay as they are', () => {
  const results = [result('a', 3_000), result('b', 6_000)]
  assert.deepEqual(fitToolResults(results, question, model), results)
})

test('the long ones share what the short ones leave, in their order, and the whole fits the window', () => {
  const results = [result('long', 60_000), result('short', 300), result('longer', 90_000)]
  const fitted = fitToolResults(results, question, model)
  assert.deepEqual(
    fitted.map(({ toolCallId }) => toolCallId),
    ['long', 'short', 'longer'],
  )
  assert.equal(fitted[1], results[1])
  const sizes = fitted.map(({ content }) => estimateTokens(content))
  const sum = sizes.reduce((all, size) => all + size)
  assert.ok(sum <= room && sum > room - 20, `${sum} of ${room}`)
  assert.ok(Math.abs((sizes[0] ?? 0) - (sizes[2] ?? 0)) <= 2)
  assert.match(fitted[0]?.content ?? '', /x\n\[Shortened: /)
})

test('a full window leaves the beginning of each result, and no half character', () => {
  const full = { ...question, maxTokens: 9_999 }
  const [fitted] = fitToolResults([{ ...result('a', 0), content: '😀'.repeat(9_000) }], full, model)
  assert.ok(estimateTokens(fitted?.content ?? '') <= 200)
  assert.match(fitted?.content ?? '', /^(😀)+\n\[Shortened: /u)
})

function result(toolCallId: string, length: number): ToolMessage {
  return { role: 'tool', toolCallId, content: 'x'.repeat(length) }
}
