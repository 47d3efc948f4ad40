import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pairingCode, readPairingCode } from './pairing-code.ts'

test('a code has 8 characters of A-Z and 2-9 without I and O, and every one of them comes', () => {
  const seen = new Set<string>()
  for (let i = 0; i < 256; i++) {
    const code = pairingCode((bytes) => void bytes.set(Array.from(bytes, (_, at) => (i + at) % 256)))
    assert.match(code, /^[A-HJ-NP-Z2-9]{8}$/)
    for (const character of code) seen.add(character)
  }
  assert.equal(seen.size, 32)
})

test('a code is read as people type it, and nothing else is one', () => {
  assert.equal(readPairingCode(' abcd2345 '), 'ABCD2345')
  for (const text of ['', 'ABCD234', 'ABCD23456', 'ABCD0345', 'IBCD2345', 'ÄBCD2345']) {
    assert.equal(readPairingCode(text), undefined)
  }
})
