import assert from 'node:assert/strict'
import { randomFillSync } from 'node:crypto'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { createSecret, looksLikeToken, tokenSecret } from './secret.ts'

const fillRandom = (bytes: Uint8Array) => void randomFillSync(bytes)
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

test('a secret ends with the base62 CRC32 of its 30 random characters', () => {
  for (let i = 0; i < 200; i++) {
    const secret = createSecret(fillRandom)
    assert.match(secret, /^oc_tok_[0-9A-Za-z]{36}$/)
    const digits = [...secret.slice(-6)].map((digit) => alphabet.indexOf(digit))
    assert.equal(
      digits.reduce((sum, digit) => sum * 62 + digit, 0),
      crc32(secret.slice(7, 37)),
    )
    assert.ok(looksLikeToken(secret))
  }
})

test('each character is as likely as any other, whatever bytes come', () => {
  let byte = 0
  const counts = new Map<string, number>()
  const everyByte = (bytes: Uint8Array) => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = byte++ % 256
  }
  for (let i = 0; i < 256; i++) {
    for (const character of createSecret(everyByte).slice(7, 37))
      counts.set(character, (counts.get(character) ?? 0) + 1)
  }
  assert.equal(counts.size, 62)
  const even = (256 * 30) / 62
  for (const count of counts.values())
    assert.ok(Math.abs(count - even) < even / 12, `${count} of about ${even}`)
})

test('a changed, shortened or lengthened secret does not look like a token', () => {
  const secret = createSecret(fillRandom)
  for (let i = 7; i < secret.length; i++) {
    const other = secret[i] === 'x' ? 'y' : 'x'
    assert.ok(!looksLikeToken(secret.slice(0, i) + other + secret.slice(i + 1)), `character ${i}`)
  }
  for (const text of [
    '',
    'oc_tok_',
    secret.slice(1),
    `${secret}0`,
    secret.slice(0, -1),
    `${secret}\n`,
    'oc_tok_a1b2c3d4e5f6g7h8i9j0',
  ]) {
    assert.ok(!looksLikeToken(text), text)
  }
})

test('of a secret nothing is kept but its hash and 11 characters', () => {
  const secret = createSecret(fillRandom)
  const kept = tokenSecret(secret, () => 'hash', 5)
  assert.deepEqual(kept, { hash: 'hash', hint: secret.slice(0, 11), createdAt: 5, expiresAt: null })
})
