import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldText } from '../fold-text.ts'
import { createRuleIndex } from '../rule-index.ts'
import { allRules } from './all-rules.ts'
import { compilePhrase } from './rule.ts'

const groups = allRules.flatMap((set) => set.groups)
const anchors = groups.flatMap((group) => group.anchors.split(', '))

test('every anchor is found in a folded text, so that no rule is dead', () => {
  const index = createRuleIndex(allRules)
  const lost = anchors.filter((anchor) => {
    const found: number[] = []
    index.visit(foldText(`x ${anchor} x`), (start) => found.push(start) > 0)
    return !found.includes(2)
  })
  assert.deepEqual(lost, [])
})

test('every weight is above 0 and at most 1', () => {
  for (const { weight } of groups.flatMap((group) => group.phrases)) assert.ok(weight > 0 && weight <= 1)
})

test('every repetition in a rule is bounded, so that an anchor costs a bounded time', () => {
  const unbounded = groups.flatMap((group) =>
    group.phrases
      .map((phrase) => compilePhrase(group.anchors.split(', '), phrase).source)
      .filter((source) => /[*+]|\{\d+,\}/.test(source.replaceAll(/\\.|\[(?:\\.|[^\]\\])*\]/g, ''))),
  )
  assert.deepEqual(unbounded, [])
})
