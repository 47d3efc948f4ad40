// Unicode 17: every Default_Ignorable_Code_Point, and the format controls of general category Cf that draw nothing by themselves. Not
// among them: the Arabic, Syriac and Kaithi number signs, which are Cf but visible, and C0 and C1 controls (terminal output is pasted).
const ranges = [
  ...[0x00ad, 0x00ad, 0x034f, 0x034f, 0x061c, 0x061c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180f],
  ...[0x200b, 0x200f, 0x202a, 0x202e, 0x2060, 0x206f, 0x3164, 0x3164, 0xfe00, 0xfe0f, 0xfeff, 0xfeff],
  ...[0xffa0, 0xffa0, 0xfff0, 0xfffb],
]
const rangesAboveBmp = [0x13430, 0x1343f, 0x1bca0, 0x1bca3, 0x1d173, 0x1d17a, 0xe0000, 0xe0fff]

/** The invisible characters as the inside of a character class for the flags `u` and `v`. */
export const invisibleClass: string = inClass([...ranges, ...rangesAboveBmp])

const beginsInvisible = unitTable()
const beyondLatin1 = /[^\0-\xff]/
const softHyphen = '\u00ad'

/**
 * Returns the index of the first unit that may begin an invisible character, or -1. The cheapest answer for a whole text: an ASCII text is
 * searched for soft hyphens alone.
 */
export function firstInvisible(text: string): number {
  return beyondLatin1.test(text) ? findInvisible(text, 0) : text.indexOf(softHyphen)
}

/** Returns the index of the first unit at or after `from` that may begin an invisible character, or -1. */
export function findInvisible(text: string, from: number): number {
  for (let index = from; index < text.length; index++) {
    if (beginsInvisible[text.charCodeAt(index)] === 1) return index
  }
  return -1
}

const above = new RegExp(`[${inClass(rangesAboveBmp)}]`, 'uy')

/** Returns how many units an invisible character takes that begins at a found index: 1 or 2, or 0 where the character is visible. */
export function invisibleLength(text: string, index: number): number {
  const unit = text.charCodeAt(index)
  if (unit < 0xd800 || unit > 0xdfff) return 1
  above.lastIndex = index
  return above.test(text) ? 2 : 0
}

// A byte for each UTF-16 unit. The surrogates in it are those that begin the ranges above the BMP.
function unitTable(): Uint8Array {
  const table = new Uint8Array(0x10000)
  eachRange(ranges, (first, last) => table.fill(1, first, last + 1))
  eachRange(rangesAboveBmp, (first, last) => table.fill(1, leadOf(first), leadOf(last) + 1))
  return table
}

function inClass(bounds: readonly number[]): string {
  let text = ''
  eachRange(bounds, (first, last) => {
    text += `\\u{${first.toString(16)}}-\\u{${last.toString(16)}}`
  })
  return text
}

function leadOf(codePoint: number): number {
  return String.fromCodePoint(codePoint).charCodeAt(0)
}

function eachRange(bounds: readonly number[], use: (first: number, last: number) => void): void {
  for (let i = 0; i + 1 < bounds.length; i += 2) use(bounds[i] ?? 0, bounds[i + 1] ?? 0)
}
