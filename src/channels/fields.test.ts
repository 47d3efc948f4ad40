import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldsAt, fieldsOf, integerAt, listAt, numberAt, parseFields, textAt } from './fields.ts'

test('what is not of the wanted kind is not there', () => {
  const fields = {
    text: 'a',
    empty: '',
    float: 1.5,
    huge: 2 ** 53,
    list: [1, { a: 1 }, null, [2]],
    object: {},
  }
  assert.deepEqual(
    ['text', 'empty', 'float', 'list', 'none'].map((key) => textAt(fields, key)),
    ['a', undefined, undefined, undefined, undefined],
  )
  assert.deepEqual(
    ['float', 'huge', 'text', 'none'].map((key) => numberAt(fields, key)),
    [1.5, 2 ** 53, undefined, undefined],
  )
  assert.equal(numberAt({ wrong: Number.NaN }, 'wrong'), undefined)
  assert.deepEqual(
    ['float', 'huge', 'text'].map((key) => integerAt(fields, key)),
    [undefined, undefined, undefined],
  )
  assert.equal(integerAt({ id: -1_001_234 }, 'id'), -1_001_234)
  assert.deepEqual(
    ['object', 'list', 'text'].map((key) => fieldsAt(fields, key)),
    [{}, undefined, undefined],
  )
  assert.deepEqual(listAt(fields, 'list'), [{ a: 1 }])
  assert.deepEqual(fieldsOf({ a: 1 }), [])
})

test('text that is no JSON object is none', () => {
  assert.deepEqual(parseFields('{"a":1}'), { a: 1 })
  for (const text of ['', '[1]', 'null', '"a"', '{"a"']) assert.equal(parseFields(text), undefined)
})
