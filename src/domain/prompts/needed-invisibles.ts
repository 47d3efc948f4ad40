import { invisibleClass } from './invisible-characters.ts'

// Blocks of scripts whose letters join or stack, where ZWJ and ZWNJ choose the written form (The Unicode Standard, chapters 9, 12 to 17
// and 23.2): Arabic and its neighbours, the Brahmic scripts from Devanagari to Myanmar, the Philippines, Khmer, Mongolian, and so on.
const joining =
  '[\\u0600-\\u109F\\u1700-\\u18AF\\u1900-\\u1AAF\\u1B00-\\u1C4F\\u1CD0-\\u1CFF\\uA800-\\uA8FF\\uA930-\\uA95F\\uA980-\\uAAFF\\uABC0-\\uABFF' +
  '\\uFB50-\\uFDFF\\uFE70-\\uFEFC\\u{10A00}-\\u{10A5F}\\u{10AC0}-\\u{10AFF}\\u{10B80}-\\u{10BAF}\\u{10D00}-\\u{10D8F}\\u{10F30}-\\u{10FDF}' +
  '\\u{11000}-\\u{11FFF}\\u{1BC00}-\\u{1BC9F}\\u{1E900}-\\u{1E95F}]'

// Thai, Lao, Tibetan, Myanmar, Khmer, Tai and Javanese write words without a space and mark the break with ZWSP.
const unspaced =
  '[\\u0E00-\\u109F\\u1780-\\u17FF\\u1950-\\u19FF\\u1A20-\\u1AAF\\u1B00-\\u1B7F\\uA980-\\uA9FF\\uAA60-\\uAADF]'

const hieroglyph = '[\\u{13000}-\\u{1342F}\\u{13440}-\\u{143FF}]'
const alone = `(?<![${invisibleClass}].)`
const followed = `(?![${invisibleClass}])`

// Each line is one use that people can see: the characters first, then what must stand around them, so that a character of another kind
// is refused at once. `.` in a look-behind is the character itself. A neighbour that is invisible itself never counts: it may be removed.
const needed = [
  // Emoji ZWJ sequences: families, professions, flags (UTS #51, ED-16).
  '\\u200D(?<=\\p{Extended_Pictographic}\\p{Emoji_Modifier}?\\uFE0F?.)(?=\\p{Extended_Pictographic})',
  // Joiners of cursive and stacking scripts, one at a time; also between a Latin word and a suffix in such a script.
  `[\\u200C\\u200D]${alone}(?:(?<=${joining}.)|(?=${joining})${followed})`,
  `\\u200B${alone}(?:(?<=${unspaced}.)|(?=${unspaced})${followed})`,
  // Keycaps, then emoji and text presentation. A digit or * without a keycap has no use for a selector.
  '\\uFE0F(?<=[0-9#*].)(?=\\u20E3)',
  '[\\uFE0E\\uFE0F](?<=\\p{Emoji}.)(?<![0-9#*].)',
  // Ideographic variation sequences, standardised CJK variants, positions of full-width punctuation and of quotation marks.
  '[\\uFE00-\\uFE02\\u{E0100}-\\u{E01EF}](?<=\\p{Unified_Ideograph}.)',
  '[\\uFE00\\uFE01](?<=[\\u2018\\u2019\\u201C\\u201D\\u3001\\u3002\\uFF01\\uFF0C\\uFF0E\\uFF1A\\uFF1B\\uFF1F].)',
  // Standardised variants of mathematical signs, Myanmar, Phags-pa, Manichaean and hieroglyphs (StandardizedVariants.txt).
  '\\uFE00(?<=[\\u2190-\\u2BFF\\u1000-\\u109F\\uA840-\\uA87F\\uAA60-\\uAA7F\\u{10AC0}-\\u{10AFF}].)',
  `[\\uFE00-\\uFE06](?<=${hieroglyph}.)`,
  `[\\u{13430}-\\u{1343F}](?:(?<=${hieroglyph}.)|(?=${hieroglyph}))`,
  // The flags of England, Scotland and Wales, the only tag sequences recommended for interchange.
  `(?:${['gbeng', 'gbsct', 'gbwls'].map(tagged).join('|')})(?<=\\u{1F3F4}.{6})`,
  // Mongolian: one variation selector after a letter, the vowel separator between letters.
  '[\\u180B-\\u180D\\u180F](?<=[\\u1820-\\u18AA].)',
  '\\u180E(?<=[\\u1820-\\u18AA].)(?=[\\u1820-\\u18AA])',
  // Old Hangul syllables that lack their first consonant or their vowel.
  `\\u115F${alone}(?=[\\u1161-\\u11A7])`,
  '\\u1160(?<=[\\u1100-\\u115E].)',
  // The grapheme joiner between two marks keeps their order in Biblical Hebrew.
  `\\u034F${alone}(?<=\\p{Mn}.)(?=\\p{Mn})${followed}`,
  // Shorthand.
  '[\\u{1BCA0}-\\u{1BCA3}](?<=[\\u{1BC00}-\\u{1BC9F}].)',
]

const pattern = new RegExp(`(?:${needed.join('|')})`, 'uy')

/**
 * Returns how many units of invisible characters at `index` a script or an emoji around them needs, 0 where none. Looks at a bounded
 * number of neighbours.
 */
export function neededLength(text: string, index: number): number {
  pattern.lastIndex = index
  return pattern.test(text) ? pattern.lastIndex - index : 0
}

function tagged(letters: string): string {
  return `${[...letters].map((letter) => `\\u{E00${letter.charCodeAt(0).toString(16)}}`).join('')}\\u{E007F}`
}
