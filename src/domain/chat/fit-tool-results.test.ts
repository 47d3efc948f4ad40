import assert from 'node:assert/strict'
import { test } from 'node:test'
import { saying } from '../../../tests/support/scripted-provider.ts'
import type { ProviderEvent, ProviderTurn, ToolMessage } from '../models/provider.ts'
import { estimateQuestion } from '../usage/estimate-usage.ts'
import { fitToolResults } from './fit-tool-results.ts'
import { estimateTokens } from './history.ts'
import { withTools } from './tool-loop.ts'

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

test('what a tool answers in a turn is shortened before the model is asked again', async () => {
  const asked: ProviderTurn[] = []
  const turn = { model: 'one', stream: false, connectTimeoutMs: 1, ...question }
  const asking = {
    turn,
    model,
    ask: async (next: ProviderTurn) => {
      asked.push(next)
      return saying('Done.')
    },
  }
  const run = async () => ({ content: 'x'.repeat(200_000) })
  for await (const _ of withTools(asking, calling(), run));
  const [again] = asked
  assert.ok(again && estimateQuestion(again) + question.maxTokens <= model.contextWindow)
  assert.match(again.messages.at(-1)?.content ?? '', /\[Shortened: /)
})

async function* calling(): AsyncGenerator<ProviderEvent> {
  yield { type: 'tool_call', call: { id: 'call_1', name: 'read', arguments: '{}' } }
  yield { type: 'finish', finishReason: 'tool_calls' }
}

function result(toolCallId: string, length: number): ToolMessage {
  return { role: 'tool', toolCallId, content: 'x'.repeat(length) }
}
