import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProviderTurn } from '../domain/models/provider.ts'
import { FormatMemory } from './format-memory.ts'

const hourMs = 3_600_000

function turn(model: string, title: string): ProviderTurn {
  return {
    model,
    messages: [],
    stream: false,
    connectTimeoutMs: 1,
    responseFormat: { type: 'json_schema', name: 'answer', schema: { type: 'object', title } },
  }
}

test('the means are remembered for a model and a form, for an hour', () => {
  let now = 0
  const memory = new FormatMemory<string>(() => now)
  memory.learn(turn('a', 'one'), 'words')
  assert.equal(memory.recall(turn('a', 'one')), 'words')
  assert.equal(memory.recall(turn('a', 'two')), undefined)
  assert.equal(memory.recall(turn('b', 'one')), undefined)
  now = hourMs - 1
  assert.equal(memory.recall(turn('a', 'one')), 'words')
  now = hourMs
  assert.equal(memory.recall(turn('a', 'one')), undefined)
})

test('the oldest is forgotten for the 257th', () => {
  const memory = new FormatMemory<string>(() => 0)
  for (let i = 0; i <= 256; i++) memory.learn(turn('a', `${i}`), 'words')
  assert.equal(memory.recall(turn('a', '0')), undefined)
  assert.equal(memory.recall(turn('a', '1')), 'words')
  assert.equal(memory.recall(turn('a', '256')), 'words')
})
