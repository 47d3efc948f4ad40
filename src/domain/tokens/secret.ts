import type { TokenSecret } from './token.ts'

/** Fills a buffer with cryptographically strong random bytes. */
export type FillRandom = (bytes: Uint8Array) => void

/** Returns the SHA-256 of a text's UTF-8 bytes as 64 lower-case hex digits. */
export type Sha256Hex = (text: string) => string

const prefix = 'oc_tok_'
const randomLength = 30
const checksumLength = 6
const hintLength = prefix.length + 4
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * Returns a new secret: `oc_tok_`, 30 unbiased base62 characters (178 bits), and the base62 CRC32 of these 30, as GitHub's tokens have
 * it, so that a scanner can tell a token from a look-alike without asking anybody.
 */
export function createSecret(fillRandom: FillRandom): string {
  let random = ''
  const bytes = new Uint8Array(randomLength * 2)
  while (random.length < randomLength) {
    fillRandom(bytes)
    for (const byte of bytes) {
      // 248 is the largest multiple of 62 in a byte: what lies above would make the first characters likelier.
      if (byte < 248 && random.length < randomLength) random += alphabet.charAt(byte % 62)
    }
  }
  return prefix + random + checksum(random)
}

/** True where a text has the shape of a secret and its checksum is right. It need not belong to a token. */
export function looksLikeToken(text: string): boolean {
  if (!/^oc_tok_[0-9A-Za-z]{36}$/.test(text)) return false
  const random = text.slice(prefix.length, prefix.length + randomLength)
  return text.endsWith(checksum(random))
}

/** Returns what is kept of a secret: its hash, and a hint of 11 characters for people. */
export function tokenSecret(secret: string, sha256Hex: Sha256Hex, createdAt: number): TokenSecret {
  return { hash: sha256Hex(secret), hint: secret.slice(0, hintLength), createdAt, expiresAt: null }
}

function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let i = 0; i < checksumLength; i++) {
    digits = alphabet.charAt(rest % 62) + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}

// CRC-32 of ISO 3309, as in zlib, of ASCII text.
function crc32(text: string): number {
  let crc = 0xffffffff
  for (let i = 0; i < text.length; i++) {
    crc ^= text.charCodeAt(i)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}
