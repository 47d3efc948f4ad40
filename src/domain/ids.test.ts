import assert from 'node:assert/strict'
import { randomFillSync } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { createIds, type Ids } from './ids.ts'

const form = /^(conv|msg|tok|evt|req|wh|whd|dlv)_[0-9A-HJKMNP-TV-Z]{26}$/

test('an id is its prefix, an underscore and 26 characters of Crockford base 32', () => {
  const { ids } = idsAt(1_775_000_000_000)
  for (const prefix of ['conv', 'msg', 'tok', 'evt', 'req', 'wh', 'whd', 'dlv'] as const) {
    const id = ids.next(prefix)
    assert.match(id, form)
    assert.ok(id.startsWith(`${prefix}_`))
  }
})

test('the first ten characters are the milliseconds, as the ULID specification writes them', () => {
  // The specification's own example: 1469918176385 is 01ARYZ6S41.
  const { ids } = idsAt(1_469_918_176_385)
  assert.equal(ids.next('msg').slice(4, 14), '01ARYZ6S41')
})

test('ids sort in the order in which they were made, whatever the clock does', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 2, maxLength: 50 }),
      (steps) => {
        const { ids, clock } = idsAt(1_775_000_000_000)
        const made = steps.map((step) => {
          clock.ms += step
          return ids.next('msg')
        })
        assert.deepEqual(made.toSorted(), made)
        assert.equal(new Set(made).size, made.length)
      },
    ),
  )
})

test('ten thousand ids of one millisecond are all different and sorted', () => {
  const { ids } = idsAt(1_775_000_000_000)
  const made = Array.from({ length: 10_000 }, () => ids.next('evt'))
  assert.equal(new Set(made).size, made.length)
  assert.deepEqual(made.toSorted(), made)
})

test('a carry runs through all full digits of the random part', () => {
  const ids = createIds(
    () => 1_775_000_000_000,
    (bytes) => bytes.fill(255, 1).fill(0, 0, 1),
  )
  const first = ids.next('msg')
  const second = ids.next('msg')
  assert.equal(first.slice(-16), '0ZZZZZZZZZZZZZZZ')
  assert.equal(second.slice(-16), '1000000000000000')
  assert.ok(second > first)
})

test('each new millisecond has randomness of its own, of which no byte serves twice', () => {
  const clock = { ms: 1_775_000_000_000 }
  let drawn = 0
  const ids = createIds(
    () => clock.ms,
    (bytes) => {
      drawn += bytes.length
      randomFillSync(bytes)
    },
  )
  const tails = new Set<string>()
  const milliseconds = 2_000
  for (let i = 0; i < milliseconds; i++) {
    clock.ms++
    tails.add(ids.next('msg').slice(-16))
  }
  assert.equal(tails.size, milliseconds)
  assert.ok(drawn >= milliseconds * 16, `${drawn} bytes`)
})

function idsAt(ms: number): { readonly ids: Ids; readonly clock: { ms: number } } {
  const clock = { ms }
  return {
    clock,
    ids: createIds(
      () => clock.ms,
      (bytes) => randomFillSync(bytes),
    ),
  }
}
