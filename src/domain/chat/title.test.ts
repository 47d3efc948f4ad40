import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { titleOf } from './title.ts'

test('a short message is its own title, on one line', () => {
  assert.equal(titleOf('  Hello,\n\n\tworld  '), 'Hello, world')
})

test('exactly 80 characters stay whole, and the 81st costs the last one', () => {
  assert.equal(titleOf('a'.repeat(80)), 'a'.repeat(80))
  assert.equal(titleOf('a'.repeat(81)), `${'a'.repeat(79)}…`)
})

test('an emoji at the cut is kept whole or left out whole', () => {
  assert.equal(titleOf('😀'.repeat(80)), '😀'.repeat(80))
  assert.equal(titleOf('😀'.repeat(100)), `${'😀'.repeat(79)}…`)
  assert.equal(titleOf(`a${'😀'.repeat(100)}`), `a${'😀'.repeat(78)}…`)
})

test('an emoji at the end of what is looked at is not cut in half', () => {
  assert.equal(titleOf(`a${' '.repeat(1022)}😀 and more`), 'a')
})

test('a message of white space has an empty title', () => {
  assert.equal(titleOf(' \n\t\u00a0\u2028 '), '')
  assert.equal(titleOf(''), '')
})

test('a message that begins with much white space still has a title', () => {
  assert.equal(titleOf(`${'\n'.repeat(5_000)}Hello`), 'Hello')
})

test('control characters do not reach the title, so that no list can be broken by one', () => {
  assert.equal(titleOf('a\u0000b\u001b[31mc\u0085d\u007fe'), 'a b [31mc d e')
})

test('a title is one well-formed line of at most 80 characters, whatever the message', () => {
  const nasty = fc.constantFrom('a', 'é', '😀', '👨‍👩‍👧', ' ', '\n', '\u0085', '\u2028', '\u0000', '\u001b')
  fc.assert(
    fc.property(fc.array(nasty, { maxLength: 1_500, size: 'max' }), fc.nat(1_100), (characters, spaces) => {
      const title = titleOf(`a${' '.repeat(spaces)}${characters.join('')}`)
      assert.ok([...title].length <= 80)
      assert.ok(title.isWellFormed())
      assert.doesNotMatch(title, /[\p{Cc}\u2028\u2029]/u)
      assert.equal(title, title.trim())
    }),
  )
})

test('a message of 100,000 characters costs no more than its first kilobyte', () => {
  assert.equal(titleOf('long '.repeat(20_000)), `${'long '.repeat(16).slice(0, 79).trimEnd()}…`)
})
