import assert from 'node:assert/strict'
import { test } from 'node:test'
import TypeBox from 'typebox'
import { Type } from './type.ts'

/** Every builder, alone and nested, with and without options. */
function samples(builder: typeof Type): readonly object[] {
  const text = builder.String({
    minLength: 1,
    maxLength: 9,
    pattern: '^a',
    description: 'text',
    secret: true,
  })
  return [
    builder.String(),
    text,
    builder.Integer({ minimum: 1, maximum: 2, default: 1, unit: 'ms' }),
    builder.Number({ exclusiveMinimum: 0 }),
    builder.Boolean({ default: true }),
    builder.Null(),
    builder.Unknown(),
    builder.Unknown({ description: 'anything' }),
    builder.Literal('ok'),
    builder.Literal(7),
    builder.Literal(true),
    builder.Enum(['a', 'b'], { default: 'a' }),
    builder.Array(text, { maxItems: 3, default: [] }),
    builder.Union([text, builder.Null()], { description: 'either' }),
    builder.Record(builder.String(), builder.Integer(), { maxProperties: 4, default: {} }),
    builder.Optional(text),
    builder.Object({}),
    builder.Object({ a: builder.Optional(text) }),
    builder.Object(
      {
        a: text,
        b: builder.Optional(builder.Object({ c: builder.Optional(builder.Boolean()), d: builder.Integer() })),
        e: builder.Array(builder.Object({ f: builder.Union([builder.Literal('x'), builder.Literal('y')]) })),
      },
      { additionalProperties: false, default: {} },
    ),
  ]
}

test('every builder makes the schema that TypeBox makes', () => {
  const ours = samples(Type)
  for (const [i, theirs] of samples(TypeBox).entries()) {
    assert.deepEqual(JSON.parse(JSON.stringify(ours[i])), JSON.parse(JSON.stringify(theirs)), `sample ${i}`)
  }
})

test('a schema that is used again as optional stays required where it was', () => {
  const text = Type.String()
  const one = Type.Object({ text: Type.Optional(text) })
  const other = Type.Object({ text })
  assert.deepEqual([one.required, other.required], [undefined, ['text']])
})
