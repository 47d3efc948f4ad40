import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { constrainedSchema } from './anthropic/constrained-schema.ts'
import { allowsStrict } from './openai/strict-schema.ts'

const closed = {
  type: 'object',
  properties: { a: { type: 'string' } },
  required: ['a'],
  additionalProperties: false,
}

describe('what the makers take of a schema', () => {
  it("OpenAI's strict mode: closed objects, everything required, its own keywords", () => {
    const taken = [
      closed,
      { ...closed, $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'x' },
      { ...closed, properties: { a: { type: ['string', 'null'], enum: ['x', null] } } },
      { ...closed, properties: { a: { type: 'array', items: closed, minItems: 2 } } },
      {
        ...closed,
        properties: { a: { $ref: '#/$defs/b' } },
        $defs: { b: { anyOf: [closed, { type: 'null' }] } },
      },
      { ...closed, properties: { a: { $ref: '#' } } },
      { ...closed, properties: { a: { type: 'integer', minimum: 1, maximum: 5 } } },
      { ...closed, properties: { a: { type: 'string', format: 'date', pattern: '^2' } } },
    ]
    for (const schema of taken) assert.ok(allowsStrict(schema), JSON.stringify(schema))
    const refused = [
      { type: 'array', items: closed },
      { ...closed, anyOf: [closed] },
      { ...closed, additionalProperties: true },
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      { ...closed, required: [] },
      { ...closed, properties: { a: {} } },
      { ...closed, properties: { a: { type: 'string', default: 'x' } } },
      { ...closed, properties: { a: { oneOf: [closed] } } },
      { ...closed, properties: { a: { allOf: [closed] } } },
      { ...closed, properties: { a: { type: 'string', format: 'uri' } } },
      { ...closed, properties: { a: { type: 'string', pattern: '(?=x)' } } },
      { ...closed, properties: { a: { $ref: '#/$defs/b', type: 'string' } } },
      { ...closed, properties: { a: { type: 'array' } } },
      { ...closed, properties: { a: true } },
      { ...closed, properties: { a: { enum: Array(1001).fill('x') } } },
      { ...closed, $defs: { b: { type: 'object' } } },
    ]
    for (const schema of refused) assert.ok(!allowsStrict(schema), JSON.stringify(schema))
    let deep: object = { type: 'string' }
    for (let level = 0; level < 10; level++) deep = { ...closed, properties: { a: deep } }
    assert.ok(!allowsStrict({ ...deep }))
  })

  it("Anthropic's: objects are closed, bounds go into the description, choices of one are choices of any", () => {
    assert.deepEqual(
      constrainedSchema({
        $schema: 'x',
        type: 'object',
        properties: {
          a: { type: 'integer', minimum: 1, description: 'Stars.' },
          b: { type: 'string', maxLength: 5, format: 'email' },
          c: { oneOf: [{ type: 'string', format: 'ours' }, { type: 'null' }] },
          d: { type: 'array', items: { type: 'object', additionalProperties: false }, minItems: 3 },
          e: { type: 'array', items: { $ref: '#/$defs/x' }, minItems: 1 },
        },
        required: ['a'],
        $defs: { x: { enum: [1, 2] } },
      }),
      {
        type: 'object',
        properties: {
          a: { type: 'integer', description: 'Stars.\n\n{minimum: 1}' },
          b: { type: 'string', format: 'email', description: '{maxLength: 5}' },
          c: { anyOf: [{ type: 'string', description: '{format: "ours"}' }, { type: 'null' }] },
          d: {
            type: 'array',
            description: '{minItems: 3}',
            items: { type: 'object', properties: {}, additionalProperties: false },
          },
          e: { type: 'array', minItems: 1, items: { $ref: '#/$defs/x' } },
        },
        required: ['a'],
        additionalProperties: false,
        $defs: { x: { enum: [1, 2] } },
      },
    )
  })

  it('what it cannot say is left to a tool', () => {
    for (const schema of [
      { type: 'array', items: closed },
      { type: 'object' },
      { type: 'object', additionalProperties: { type: 'string' } },
      { ...closed, properties: { a: { $ref: '#' } } },
      {
        ...closed,
        properties: { a: { $ref: '#/$defs/b' } },
        $defs: { b: { type: 'array', items: { $ref: '#/$defs/b' } } },
      },
      { ...closed, properties: { a: { $ref: '#/properties/b' } } },
      { ...closed, allOf: [closed] },
      { ...closed, required: ['a', 'b'] },
      { ...closed, patternProperties: { x: { type: 'string' } } },
      { ...closed, properties: { a: {} } },
      { ...closed, properties: { a: { type: 'array', prefixItems: [closed] } } },
    ])
      assert.equal(constrainedSchema(schema), undefined, JSON.stringify(schema))
  })
})
