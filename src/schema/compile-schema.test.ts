import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CompiledSchemas } from './compile-schema.ts'

type Schema = Readonly<Record<string, unknown>>

const schemas = new CompiledSchemas()

function problemOf(schema: Schema): string {
  const outcome = schemas.run({ care: 'full', schema: JSON.stringify(schema) })
  return 'problem' in outcome ? outcome.problem : ''
}

function wordsFor(schema: Schema, value: unknown): readonly string[] {
  return wordsForJson(schema, JSON.stringify(value))
}

function wordsForJson(schema: Schema, value: string): readonly string[] {
  const outcome = schemas.run({ care: 'full', schema: JSON.stringify(schema), value })
  assert.ok('words' in outcome, JSON.stringify(outcome))
  return outcome.words
}

const tree = {
  type: 'object',
  properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } },
  required: ['name', 'children'],
}

describe('the schemas of callers', () => {
  it('the validator says where and what, five things at most', () => {
    const schema = {
      type: 'object',
      properties: { mood: { enum: ['good', 'bad'] }, score: { type: 'integer', minimum: 1 } },
      required: ['mood', 'score'],
      additionalProperties: false,
    }
    assert.deepEqual(wordsFor(schema, { mood: 'good', score: 3 }), [])
    assert.deepEqual(wordsFor(schema, { mood: 'so-so', score: 0, more: 1 }), [
      'data must NOT have additional properties: "more"',
      'data/mood must be equal to one of the allowed values: ["good","bad"]',
      'data/score must be >= 1',
    ])
    assert.equal(wordsFor({ items: { type: 'string' } }, Array(100).fill(1)).length, 5)
  })

  it('a schema that is none is refused with the reason', () => {
    assert.match(problemOf({ type: 'strin' }), /^is not valid: schema\/type must be/)
    assert.match(problemOf({ type: 'string', pattern: '(' }), /Invalid regular expression/)
    assert.match(problemOf({ $ref: '#/$defs/nowhere' }), /can't resolve reference #\/\$defs\/nowhere/)
    assert.match(problemOf({ $async: true, type: 'object' }), /\$async/)
    assert.match(problemOf({ $schema: 'https://example.com/mine' }), /\$schema/)
  })

  it('nothing is fetched: a reference to the network is refused', () => {
    assert.match(problemOf({ $ref: 'http://127.0.0.1:1/schema.json' }), /can't resolve/)
    assert.match(problemOf({ $ref: 'https://json-schema.org/draft/2020-12/schema' }), /can't resolve/)
  })

  it('a tree whose branches end is fine', () => {
    assert.deepEqual(wordsFor(tree, { name: 'a', children: [{ name: 'b', children: [] }] }), [])
    assert.equal(wordsFor(tree, { name: 'a', children: [{ name: 1, children: [] }] }).length, 1)
  })

  it('a schema that refers to itself without going into the value is refused', () => {
    const loops: readonly Schema[] = [
      { $ref: '#' },
      { $dynamicRef: '#' },
      { $dynamicRef: '#nowhere' },
      { $id: 'https://example.com/a', $ref: 'https://example.com/a' },
      { allOf: [{ $ref: '#' }] },
      { type: 'object', not: { $ref: '#' } },
      {
        $ref: '#/$defs/a',
        $defs: { a: { anyOf: [{ $ref: '#/$defs/b' }] }, b: { oneOf: [{ $ref: '#/$defs/a' }] } },
      },
      { $ref: '#/definitions/a%20b', definitions: { 'a b': { $ref: '#/definitions/a b' } } },
    ]
    for (const schema of loops)
      assert.match(problemOf(schema), /refers to itself without end/, JSON.stringify(schema))
  })

  it('a schema that no finite value can satisfy is refused', () => {
    const endless = { type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] }
    assert.match(problemOf(endless), /hold itself without end/)
    assert.match(problemOf({ type: 'array', minItems: 1, items: { $ref: '#' } }), /hold itself/)
    const either = { ...endless, properties: { next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } } }
    assert.deepEqual(wordsFor(either, { next: { next: null } }), [])
  })

  it('draft-07 is read by its own rules where $schema says so', () => {
    const tuple = { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'string' }] }
    assert.equal(wordsFor(tuple, [1]).length, 1)
    assert.match(problemOf({ items: [{ type: 'string' }] }), /is not valid/)
    assert.deepEqual(
      wordsFor({ $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [true] }, [1]),
      [],
    )
  })

  it('a number beyond what can be told, and what every object inherits, are not what was asked for', () => {
    assert.equal(wordsForJson({ type: 'number' }, '1e400').length, 1)
    assert.equal(wordsForJson({ type: 'integer' }, '-1e400').length, 1)
    const car = { type: 'object', properties: { constructor: { type: 'string' } } }
    assert.deepEqual(wordsFor(car, {}), [])
    assert.equal(wordsFor({ ...car, required: ['constructor'] }, {}).length, 1)
  })

  it('formats are words for the model, not rules', () => {
    assert.deepEqual(wordsFor({ type: 'string', format: 'email' }, 'nobody'), [])
    assert.deepEqual(wordsFor({ type: 'string', format: 'our-own' }, 'x'), [])
  })

  it('a pattern that backtracks for ever is cut off', () => {
    const before = performance.now()
    const words = wordsFor({ type: 'string', pattern: '^(a+)+$' }, `${'a'.repeat(50)}b`)
    assert.match(words.join(), /longer than 100 ms/)
    assert.ok(performance.now() - before < 10_000)
    assert.deepEqual(
      wordsFor({ type: 'string', pattern: '^(a+)+$' }, 'aaa'),
      [],
      'and the next check is whole',
    )
  })

  it('references that double at each step are cut off', () => {
    const $defs: Record<string, Schema> = { a30: { type: 'string' } }
    for (let i = 0; i < 30; i++)
      $defs[`a${i}`] = { allOf: [{ $ref: `#/$defs/a${i + 1}` }, { $ref: `#/$defs/a${i + 1}` }] }
    assert.match(wordsFor({ $ref: '#/$defs/a0', $defs }, 'x').join(), /longer than 100 ms/)
  })

  it('a value that is nested without measure is said to be so', () => {
    const deep = `${'{"children":['.repeat(20_000)}${']}'.repeat(20_000)}`
    assert.match(wordsForJson(tree, deep).join(), /nested too deeply|longer than/)
  })

  it('ids of one schema are not seen by another', () => {
    assert.equal(problemOf({ $id: 'https://example.com/a', type: 'string' }), '')
    assert.equal(problemOf({ $id: 'https://example.com/a', type: 'number' }), '')
    assert.match(problemOf({ $ref: 'https://example.com/a' }), /can't resolve/)
  })

  it('a pattern that takes long to read alone is refused', () => {
    assert.equal(problemOf({ pattern: 'a'.repeat(4096) }), '')
    assert.match(problemOf({ pattern: '(|)'.repeat(2000) }), /a pattern is longer than 4096 characters/)
    assert.match(problemOf({ patternProperties: { ['a'.repeat(4097)]: {} } }), /a pattern is longer/)
  })

  it('words that would be code stay words', () => {
    const name = `"]});throw 1//'+(() => { throw 1 })()+'\u2028`
    const code = ['`$', '{throw 1}`'].join('')
    const schema = {
      $comment: "');throw 1//",
      properties: { [name]: { const: code } },
      required: [name],
    }
    assert.equal(wordsFor(schema, {}).length, 1)
    assert.equal(wordsFor(schema, { [name]: 1 }).length, 1)
    assert.deepEqual(wordsFor(schema, { [name]: code }), [])
  })

  it('a brief try gives up earlier than a full one, and says that it was cut off', () => {
    const schema = JSON.stringify({ pattern: '^(a+)+$' })
    const value = JSON.stringify(`${'a'.repeat(50)}b`)
    const brief = schemas.run({ care: 'brief', schema, value })
    assert.deepEqual(brief, { words: ['data takes longer than 20 ms to check'], isCutOff: true })
  })

  it('the same schema is compiled once, and a crowd of schemas pushes it out', () => {
    const run = (schema: Schema): number => {
      const before = performance.now()
      schemas.run({ care: 'full', schema: JSON.stringify(schema) })
      return performance.now() - before
    }
    const properties = Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [`p${i}`, { type: 'string' }]),
    )
    const again = (): number => Math.min(...Array.from({ length: 5 }, () => run({ properties })))
    const first = run({ properties })
    assert.ok(again() < first / 4)
    for (let i = 0; i < 64; i++) run({ title: `other ${i}` })
    assert.ok(run({ properties }) > 2 * again())
  })
})
