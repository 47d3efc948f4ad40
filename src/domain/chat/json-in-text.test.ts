import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { jsonInText } from './json-in-text.ts'

function valuesIn(text: string): readonly unknown[] {
  return [...jsonInText(text)].map(({ value }) => value)
}

describe('JSON in what a model says', () => {
  it('is found alone, in a fence, and between words', () => {
    assert.deepEqual(valuesIn(' {"a":1}\n'), [{ a: 1 }])
    assert.deepEqual(valuesIn('7'), [7])
    assert.deepEqual(valuesIn('```json\n[1]\n```')[0], [1])
    assert.deepEqual(valuesIn('Sure:\n```\n{"a":"`"}\n```\nBye')[0], { a: '`' })
    assert.deepEqual(valuesIn('It [is] {"a":{"b":"}"}} so.'), [{ a: { b: '}' } }])
    assert.deepEqual(valuesIn('First {"a":1}, then {"a":2}.'), [{ a: 1 }, { a: 2 }])
    assert.deepEqual(valuesIn('An [open bracket, and {"a":1}'), [{ a: 1 }])
  })

  it('is not found where there is none', () => {
    for (const text of ['', 'no', '{"a":', '{a: 1}', '```json\n```']) assert.deepEqual(valuesIn(text), [])
  })

  it('whatever stands around it, the value comes back', () => {
    const words = fc.string().map((text) => text.replaceAll(/[[\]{}`"]/g, ''))
    fc.assert(
      fc.property(
        words,
        fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue())),
        words,
        (before, value, after) => {
          const json = JSON.stringify(value)
          assert.ok(
            valuesIn(`${before}${json}${after}`).some((found) => JSON.stringify(found) === json),
            json,
          )
        },
      ),
    )
  })

  it('a hostile text takes no longer than it takes to read it a few times', () => {
    const before = performance.now()
    for (const text of ['{', '[', '{"', '```', '```\n ', '[1]x', '{"a":"\\"'])
      for (const _ of jsonInText(text.repeat(1_000_000 / text.length)));
    assert.ok(performance.now() - before < 15_000)
  })
})
