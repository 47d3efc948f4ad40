const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const codeLength = 8

/** How long a code is good. */
export const codeMs = 60 * 60 * 1000

/** Returns a random code of 8 characters of A-Z and 2-9 without I and O: 40 bits, nothing that people mix up. */
export function pairingCode(fillRandom: (bytes: Uint8Array) => void): string {
  const bytes = new Uint8Array(codeLength)
  fillRandom(bytes)
  // 32 characters divide a byte evenly: none is likelier than another.
  return Array.from(bytes, (byte) => alphabet.charAt(byte & 31)).join('')
}

/** Returns a code as a person may have typed it in its own form, or undefined where it cannot be one. */
export function readPairingCode(text: string): string | undefined {
  const code = text.trim().toUpperCase()
  return code.length === codeLength && [...code].every((character) => alphabet.includes(character))
    ? code
    : undefined
}
