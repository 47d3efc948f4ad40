import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Key, KeyRing } from './key-ring.ts'

let now = 0

test('keys are used in turn', () => {
  const ring = ringOf('a', 'b', 'c')
  assert.equal(taken(ring, 7), 'abcabca')
})

test('without any key there is one set of headers', () => {
  const ring = ringOf()
  assert.equal(taken(ring, 2), '--')
  assert.equal(ring.note(ring.take(), 401, undefined), false)
})

test('a key that is refused is set aside for five minutes', () => {
  const ring = ringOf('a', 'b', 'c')
  assert.equal(ring.note(ring.take(), 401, undefined), true)
  assert.equal(taken(ring, 4), 'bcbc')
  now += 299_999
  assert.equal(taken(ring, 2), 'bc')
  now += 1
  assert.equal(taken(ring, 3), 'abc')
})

test('a key over its limit is set aside for as long as the provider says, else for a minute', () => {
  const ring = ringOf('a', 'b')
  ring.note(ring.take(), 429, 2000)
  now += 1999
  assert.equal(taken(ring, 2), 'bb')
  now += 1
  assert.equal(taken(ring, 2), 'ab')
  ring.note(ring.take(), 429, undefined)
  now += 59_999
  assert.equal(taken(ring, 2), 'bb')
  now += 1
  assert.equal(taken(ring, 2), 'ab')
})

test('the last usable key is never set aside', () => {
  const ring = ringOf('a', 'b')
  const a = ring.take()
  const b = ring.take()
  assert.equal(ring.note(a, 401, undefined), true)
  assert.equal(ring.note(b, 401, undefined), false)
  assert.equal(ring.note(b, 429, 60_000), false)
  assert.equal(taken(ring, 3), 'bbb')
})

test('a late answer about a key that is set aside already does not shorten its time', () => {
  const ring = ringOf('a', 'b')
  const a = ring.take()
  ring.note(a, 401, undefined)
  ring.note(a, 429, 1000)
  now += 2000
  assert.equal(taken(ring, 2), 'bb')
})

test('other failures say nothing about a key', () => {
  const ring = ringOf('a', 'b')
  for (const status of [400, 403, 404, 408, 500, 503, 529])
    assert.equal(ring.note(ring.take(), status, undefined), false)
  assert.equal(taken(ring, 2).length, 2)
  assert.deepEqual(new Set(taken(ring, 2)), new Set('ab'))
})

function ringOf(...keys: readonly string[]): KeyRing {
  return new KeyRing(
    keys,
    (key) => ({ key: key ?? '-' }),
    () => now,
  )
}

function taken(ring: KeyRing, times: number): string {
  return Array.from({ length: times }, () => nameOf(ring.take())).join('')
}

function nameOf({ headers }: Key): string {
  return headers.key ?? ''
}
