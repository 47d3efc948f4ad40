/**
 * Yields what the base64, hexadecimal and percent-encoded runs of a text say, where that is text. At most eight runs of 20 to 4,096
 * characters, the first ones: decoding is dear, and what else a text says is read anyway.
 */
export function* decodePayloads(text: string): Generator<string, void, undefined> {
  let left = runsMax
  for (const run of encodedRuns(text)) {
    if (left-- === 0) return
    const decoded = decoder.decode(bytesOf(run))
    if (!unreadable.test(decoded)) yield decoded
  }
}

const runsMax = 8
const runLengthMin = 20
const encodedRun = /[\w+/%-]{20,4096}/y
const hexadecimal = /^(?:[0-9A-Fa-f]{2})+$/
const percentByte = /%[0-9A-Fa-f]{2}/g
const unreadable = /\ufffd|(?![\t\n\r])\p{Cc}/u
const decoder = new TextDecoder()

// A run of 20 characters has one at a multiple of 20, so that a twentieth of the text is looked at.
function* encodedRuns(text: string): Generator<string, void, undefined> {
  let from = 0
  for (let probe = 0; probe < text.length; probe += runLengthMin) {
    if (!isRunUnit(text.charCodeAt(probe))) continue
    let start = probe
    while (start > from && isRunUnit(text.charCodeAt(start - 1))) start--
    encodedRun.lastIndex = start
    if (!encodedRun.test(text)) continue
    from = encodedRun.lastIndex
    probe = from - runLengthMin
    yield text.slice(start, from)
  }
}

function isRunUnit(unit: number): boolean {
  return (
    (unit >= 0x61 && unit <= 0x7a) ||
    (unit >= 0x41 && unit <= 0x5a) ||
    (unit >= 0x2f && unit <= 0x39) ||
    unit === 0x2b ||
    unit === 0x2d ||
    unit === 0x5f ||
    unit === 0x25
  )
}

function bytesOf(run: string): Uint8Array {
  if (run.includes('%'))
    return fromBinary(run.replaceAll(percentByte, (byte) => String.fromCharCode(hex(byte.slice(1)))))
  if (hexadecimal.test(run)) return fromHex(run)
  // A length of 4n + 1 does not occur in base64, and would make atob throw.
  const whole = run.length % 4 === 1 ? run.slice(0, -1) : run
  return fromBinary(atob(whole.replaceAll('-', '+').replaceAll('_', '/')))
}

function fromHex(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => hex(digits.slice(2 * i, 2 * i + 2)))
}

function fromBinary(binary: string): Uint8Array {
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

function hex(digits: string): number {
  return Number.parseInt(digits, 16)
}
