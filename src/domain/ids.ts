/** The prefixes of public ids: a prefix, `_`, then 26 characters that sort by time. */
export type IdPrefix = 'conv' | 'msg' | 'tok' | 'evt' | 'req' | 'wh' | 'whd' | 'dlv'

/** Makes public ids. */
export interface Ids {
  /** Returns a new id such as `msg_01JRD3Q0V8W9X0Y1Z2A3B4C5D6`. Ids of one process sort in the order in which they were made. */
  next(prefix: IdPrefix): string
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const timeCharacters = 10
const randomCharacters = 16
// One call of the operating system for so many bytes costs hardly more than one for sixteen.
const randomPoolBytes = 256 * randomCharacters

/**
 * Makes ids in the ULID layout (48 bits of milliseconds, 80 random bits, Crockford base 32), monotonic within a millisecond as the
 * ULID specification describes. `fillRandom` must fill its buffer with cryptographically strong bytes.
 */
export function createIds(now: () => number, fillRandom: (bytes: Uint8Array) => void): Ids {
  const random = new Uint8Array(randomCharacters)
  const pool = new Uint8Array(randomPoolBytes)
  let used = randomPoolBytes
  const renew = (): void => {
    if (used === randomPoolBytes) {
      fillRandom(pool)
      used = 0
    }
    random.set(pool.subarray(used, used + randomCharacters))
    used += randomCharacters
  }
  let lastMs = -1
  let timePart = ''
  return {
    next(prefix) {
      const ms = Math.max(now(), lastMs)
      if (ms === lastMs) {
        increment(random)
      } else {
        renew()
        lastMs = ms
        timePart = encodeTime(ms)
      }
      let tail = ''
      for (const byte of random) tail += alphabet.charAt(byte & 31)
      return `${prefix}_${timePart}${tail}`
    },
  }
}

function encodeTime(ms: number): string {
  let rest = ms
  let text = ''
  for (let i = 0; i < timeCharacters; i++) {
    text = alphabet.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}

// Each byte stands for five bits; a carry out of the first one would need 2^80 ids in one millisecond.
function increment(digits: Uint8Array): void {
  for (let i = digits.length - 1; i >= 0; i--) {
    const digit = (digits[i] ?? 0) & 31
    if (digit < 31) {
      digits[i] = digit + 1
      return
    }
    digits[i] = 0
  }
}
