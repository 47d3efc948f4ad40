import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../errors.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'

test('a cursor leads back to the key it was made of', () => {
  fc.assert(
    fc.property(fc.constantFrom('conversations', 'messages'), fc.maxSafeNat(), (kind, key) => {
      const cursor = encodeCursor(kind, key)
      assert.match(cursor, /^[A-Za-z0-9_-]+$/)
      assert.equal(decodeCursor(kind, cursor), key)
    }),
  )
})

test('a cursor of the other list is refused', () => {
  assert.throws(() => decodeCursor('messages', encodeCursor('conversations', 5)), isRefused)
  assert.throws(() => decodeCursor('conversations', encodeCursor('messages', 5)), isRefused)
})

test('text that is no cursor is refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
      assert.throws(() => decodeCursor('messages', text), isRefused)
    }),
  )
})

test('a forged cursor is refused where it could not have been made here', () => {
  for (const content of [
    'messages:',
    'messages',
    'messages:-1',
    'messages:-0',
    'messages:1e3',
    'messages:0x10',
    'messages: 5',
    'messages:05',
    'messages:5.0',
    'messages:5.5',
    'messages:NaN',
    'messages:Infinity',
    'messages:9007199254740992',
    'messages:5:5',
    'messages:5\n',
    'Messages:5',
    '__proto__:5',
  ]) {
    const cursor = Buffer.from(content).toString('base64url')
    assert.throws(() => decodeCursor('messages', cursor), isRefused, content)
  }
})

test('a cursor is refused in any other spelling than its own', () => {
  const cursor = encodeCursor('messages', 1)
  for (const changed of [
    `${cursor}=`,
    `${cursor}==`,
    ` ${cursor}`,
    `${cursor}\n`,
    `${cursor}AA`,
    cursor.toLowerCase(),
  ]) {
    assert.throws(() => decodeCursor('messages', changed), isRefused, changed)
  }
})

function isRefused(error: unknown): boolean {
  assert.ok(error instanceof GatewayError)
  assert.equal(error.code, 'invalid_request')
  assert.deepEqual(error.details, { field: 'cursor' })
  return true
}
