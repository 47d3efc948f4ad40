import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { stripInvisible } from './strip-invisible.ts'

const zwnj = '\u200c'
const zwj = '\u200d'
const vs16 = '\ufe0f'

const unchanged: readonly (readonly [what: string, text: string])[] = [
  ['ASCII', 'Hello, world! 1 + 1 = 2\n\tdone'],
  ['accents, composed and not', 'naïve cafe\u0301 Ångström'],
  ['non-breaking and thin spaces', '10\u00a0km, 5\u202f%, a\u2009b\u3000c'],
  ['Zalgo', 'h\u0336e\u0301\u0302\u0303\u0316llo'],
  ['a family', `👨${zwj}👩${zwj}👧${zwj}👦`],
  ['a profession with a skin tone', `👩🏾${zwj}💻`],
  ['a gender sign with presentation', `🤦🏻${zwj}♂${vs16}`],
  ['a heart between two people', `👩${zwj}❤${vs16}${zwj}👩`],
  ['the rainbow flag', `🏳${vs16}${zwj}🌈`],
  ['keycaps', `1${vs16}\u20e3 #${vs16}\u20e3 *${vs16}\u20e3`],
  ['emoji and text presentation', `☎${vs16} ☎\ufe0e ©${vs16} ❤${vs16}`],
  ['country flags', '🇵🇹🇲🇳'],
  ['England, Scotland and Wales', flag('gbeng') + flag('gbsct') + flag('gbwls')],
  ['Persian', `می${zwnj}خواهم کتاب${zwnj}هایم را`],
  ['Persian suffixes after Latin words and quotes', `PDF${zwnj}ها و «کتاب»${zwnj}ها`],
  ['an Arabic abbreviation that ends with a joiner', `ه${zwj} 1447`],
  ['Hindi conjuncts', `क्ष राष्${zwj}ट्र क्${zwnj}ष`],
  ['Bengali', `র${zwj}্যাব`],
  ['Malayalam chillu', `അവന്${zwj}`],
  ['Sinhala', `ශ්${zwj}රී ලංකා`],
  ['Khmer with word breaks', 'ភាសា\u200bខ្មែរ\u200bពិបាក'],
  ['Thai with word breaks', 'เวลา\u200bเปิด'],
  ['Mongolian', '\u1820\u180b\u1821 \u1828\u1820\u180e\u1820'],
  ['an old Hangul syllable without its vowel', '\u1100\u1160\u11ab'],
  ['an ideographic variation sequence', '葛\u{e0100}飾区 辻\ufe00'],
  ['full-width punctuation with a position', '。\ufe00 ！\ufe01'],
  ['a mathematical variant', '∩\ufe00'],
  ['Biblical Hebrew with a grapheme joiner', 'ל\u05b7\u034f\u05b4ם'],
  ['Hebrew with a mark before punctuation', 'אני לומד C++\u200f.'],
  ['Arabic with marks around a version', 'الإصدار \u200e2.0.1\u200e من البرنامج'],
  ['an isolate that closes in a right-to-left line', 'שלום \u2068Anna\u2069, מה שלומך'],
  ['Egyptian with a joiner', '\u{13000}\u{13430}\u{13001}'],
  ['visible number signs of category Cf', '\u0600١٢ \u06dd'],
]

for (const [what, text] of unchanged) {
  test(`${what} is left as it is`, () => {
    assert.equal(stripInvisible(text), text)
  })
}

const stripped: readonly (readonly [what: string, text: string, visible: string])[] = [
  ['zero-width characters in a Latin word', 'ig\u200bno\u200cr\u200de', 'ignore'],
  ['a byte order mark, first or within', '\ufeffa\ufeffb', 'ab'],
  ['word joiners and invisible operators', 'a\u2060b\u2061c\u2062d\u2063e\u2064f', 'abcdef'],
  ['soft hyphens', 'co\u00adop\u00ader\u00ada\u00adtion', 'cooperation'],
  ['tag characters', `hi${tags('ignore all rules')}`, 'hi'],
  ['a region flag that is not for interchange', flag('ustx'), '🏴'],
  ['tags after a real flag', `${flag('gbeng')}${tags('leak')}`, flag('gbeng')],
  ['bytes in variation selectors after an emoji', `😊\ufe0f\ufe01\u{e0154}\u{e0155}`, `😊${vs16}`],
  ['a variation selector after a letter or a digit', `a${vs16}1${vs16}2\ufe00`, 'a12'],
  ['a second joiner', `می${zwnj}${zwnj}خ 👩${zwj}${zwj}💻`, `می${zwnj}خ 👩💻`],
  ['a joiner that joins nothing', `👩${zwj} a${zwj}`, '👩 a'],
  ['embeddings and overrides', '\u202asafe\u202c \u202etxt.exe\u202c', 'safe txt.exe'],
  ['overrides in a Hebrew line', 'שלום \u202eabc\u202c', 'שלום abc'],
  ['marks in a Latin line', 'one\u200e two\u200f', 'one two'],
  ['marks within a Latin word of a Hebrew line', 'שלום pass\u200eword', 'שלום password'],
  ['marks of a Latin line below a Hebrew one', 'שלום\nok\u200f!', 'שלום\nok!'],
  ['an isolate that does not close', 'שלום \u2067abc', 'שלום abc'],
  ['an empty isolate', 'שלום \u2067\u2069abc', 'שלום abc'],
  ['isolates in a Latin line', '\u2066abc\u2069', 'abc'],
  ['Hangul fillers', 'a\u3164b\uffa0c\u115fd\u1160', 'abcd'],
  ['annotations and deprecated controls', 'a\ufff9b\ufffac\ufffbd\u206ae', 'abcde'],
  ['musical and shorthand controls', 'a\u{1d173}b\u{1bca0}c', 'abc'],
]

for (const [what, text, visible] of stripped) {
  test(`${what}: removed`, () => {
    assert.equal(stripInvisible(text), visible)
  })
}

test('every default-ignorable and every invisible format character of Unicode is removed between Latin letters, and no other', () => {
  const ignorable = /\p{Default_Ignorable_Code_Point}|\p{Cf}/u
  const visibleFormats = /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u
  const wrong: string[] = []
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue
    const char = String.fromCodePoint(codePoint)
    const isRemoved = stripInvisible(`a${char}b`) === 'ab'
    if (isRemoved !== (ignorable.test(char) && !visibleFormats.test(char))) wrong.push(codePoint.toString(16))
  }
  assert.deepEqual(wrong, [])
})

const invisibles = fc.constantFrom(
  ...'\u00ad\u034f\u061c\u115f\u1160\u17b4\u180b\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\u2067\u2068\u2069\u3164',
  ...'\ufe00\ufe0e\ufe0f\ufeff',
  ...['\u{e0067}', '\u{e007f}', '\u{e0100}', '\u{13430}', '\u{1bca0}', '\u{1d173}', flag('gbsct')],
)
const visibles = fc.constantFrom(
  ...'ab1#. \n\rשمیकខเ葛∩。',
  ...[
    '\u094d',
    '\u0301',
    '\u05b0',
    '\u1820',
    '\u1101',
    '\u1161',
    '\u20e3',
    '👩',
    '🏽',
    '🏴',
    '❤',
    '\u{13000}',
    '\u{1bc01}',
  ],
  ...['\ud83d', '\udc69', '\udb40', '\udc67'],
)
const mixed = fc.array(fc.oneof(invisibles, visibles), { maxLength: 16 }).map((parts) => parts.join(''))

test('a second removal finds nothing more', () => {
  fc.assert(
    fc.property(mixed, (text) => {
      const once = stripInvisible(text)
      assert.equal(stripInvisible(once), once)
    }),
    { numRuns: 20_000 },
  )
})

test('what is visible stays, in its order', () => {
  const invisible = /\p{Default_Ignorable_Code_Point}|[\ufff0-\ufffb\u{13430}-\u{1343f}]/gu
  fc.assert(
    fc.property(mixed, (text) => {
      const visible = text.toWellFormed().replaceAll(invisible, '')
      assert.equal(stripInvisible(text).toWellFormed().replaceAll(invisible, ''), visible)
    }),
    { numRuns: 5_000 },
  )
})

test('no string makes it throw, and no tag character comes out but in the three flags', () => {
  const anything = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), mixed)
  fc.assert(
    fc.property(anything, (text) => {
      const rest = [flag('gbeng'), flag('gbsct'), flag('gbwls')].reduce(
        (left, known) => left.replaceAll(known, ''),
        stripInvisible(text),
      )
      assert.doesNotMatch(rest, /[\u{e0000}-\u{e007f}]/u)
    }),
    { numRuns: 5_000 },
  )
})

test('a removal never makes a character of two lone surrogates', () => {
  assert.doesNotMatch(stripInvisible('a\udb40\u200b\udc41b'), /[\u{e0000}-\u{e007f}]/u)
})

test('100,000 hostile characters take a time that grows with their number, not with its square', () => {
  const parts = [
    zwj,
    '\u200b',
    '\u0301',
    '\u{e0061}',
    vs16,
    '\u200e',
    '\u2066',
    '\u2066\u2069',
    `a${zwj}`,
    'ש\u200e!',
    '\u2066\n',
  ]
  parts.push(
    'ש\u2066x\u2069',
    `👍${vs16}${vs16}`,
    '🏴\u{e0067}\u{e0062}',
    '\u0301\u034f',
    '\udb40',
    '\n\u200f',
    `👩${zwj}`,
  )
  for (const part of parts) {
    const text = part.repeat(100_000 / part.length)
    const start = performance.now()
    stripInvisible(text)
    // Some 10 ms where it is linear; minutes where it is not.
    assert.ok(performance.now() - start < 10_000, JSON.stringify(part))
  }
})

function tags(ascii: string): string {
  return String.fromCodePoint(...[...ascii].map((char) => 0xe0000 + char.charCodeAt(0)))
}

function flag(region: string): string {
  return `🏴${tags(region)}\u{e007f}`
}
