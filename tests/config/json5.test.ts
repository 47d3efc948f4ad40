import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileBytesMax } from '../../src/config/read-file.ts'
import { depthMax } from '../../src/config/text-scan.ts'
import { linesOf, loadText } from './support.ts'

const taken: readonly (readonly [name: string, text: string])[] = [
  ['single quotes', "{ 'api': { 'port': 8080 } }"],
  ['keys without quotes and trailing commas', '{ api: { port: 8080, }, }'],
  ['comments', '// one\n{ /* two */ api: { // three\n port: /* four */ 8080 } } // five'],
  ['a comment that holds quotes and brackets', '{ api: { port: 8080 } /* " \' { [ */ } // "\''],
  ['what looks like a comment in a text', '{ api: { port: 8080 }, models: { default: "a//b/*c" } }'],
  ['a hexadecimal number', '{ api: { port: 0x1F90 } }'],
  ['a plus sign and a decimal point at the end', '{ api: { port: +8080. } }'],
  ['an exponent', '{ api: { port: 808e1 } }'],
  ['a byte order mark', '\uFEFF{ api: { port: 8080 } }'],
  ['white space of all kinds', '\v\f\u00a0\u2028{\tapi:\u3000{ port: 8080 } }'],
  ['escapes in keys', '{ \\u0061pi: { "p\\x6frt": 8080 } }'],
  [
    'a text over two lines',
    '{ api: { port: 8080 }, models: { default: "a\\\n b", fallbacks: ["a\\\r\n b"] } }',
  ],
  ['many comments in a row', `{ api: { port: 8080 } }${'//\n'.repeat(100_000)}`],
]

for (const [name, text] of taken) {
  test(`JSON5 is taken: ${name}`, () => {
    assert.equal(loadText(text).config.api.port, 8080)
  })
}

test('every escape of JSON5 means what it says', () => {
  const text = `{ models: { default: '\\'\\"\\\\\\/\\b\\f\\n\\r\\t\\v\\u00e9\\x41\\q\u2028' } }`
  assert.equal(loadText(text).config.models.default, '\'"\\/\b\f\n\r\t\v\u00e9Aq\u2028')
})

const refused: readonly (readonly [name: string, text: string | Buffer, line: string])[] = [
  ['nothing', '', ':1:1  the file is empty; write at least {}.'],
  ['comments alone', '// {}\n', ':1:1  the file is empty; write at least {}.'],
  ['a brace that is not closed', '{\n  "api": {\n  "port": 1\n}', ':1:1  this "{" is not closed by "}".'],
  ['a bracket that closes another', '{ a: [1 } }', ':1:9  "}" closes nothing here.'],
  ['one brace too many', '{}\n}', ':2:1  "}" closes nothing here.'],
  [
    'a text that is not closed on its line',
    '{\n  "a": "b,\n  "c": 1\n}',
    ':2:8  this text is not closed on its line by the quote that opened it.',
  ],
  ['a comment that is not closed', '{}\n/* {', ':2:1  this comment is not closed by "*/".'],
  ['a comma that is missing', '{\n  a: 1\n  b: 2\n}', ':3:3  a comma or a colon is missing before this.'],
  [
    'a comma that is missing between texts',
    '{ a: ["x" "y"] }',
    ':1:11  a comma or a colon is missing before this.',
  ],
  ['a colon that is missing', '{ a 1 }', ':1:5  a comma or a colon is missing before this.'],
  ['a value that is missing', '{ a: }', ':1:6  a value is missing before this "}".'],
  ['a comma too many', '{ a: [1,,2] }', ':1:9  this comma has nothing before it.'],
  [
    'a word without quotes',
    '{ a: yes }',
    ':1:6  a word without quotes cannot stand here; put text in quotes.',
  ],
  ['a number with a leading zero', '{ a: 012 }', ':1:6  this number cannot be read.'],
  ['two values', '{} {}', ':1:4  a comma or a colon is missing before this.'],
  [
    'a character of no meaning',
    '{ a: # }',
    ':1:6  this cannot be read; expected a key, a value, a comma or a closing bracket.',
  ],
  [
    'a single slash',
    '{ a: / }',
    ':1:7  this cannot be read; expected a key, a value, a comma or a closing bracket.',
  ],
  ['YAML', 'api:\n  port: 1', ':1:1  a word without quotes cannot stand here; put text in quotes.'],
  [
    'deep nesting',
    '['.repeat(100_000) + ']'.repeat(100_000),
    `:1:${depthMax + 1}  nested deeper than ${depthMax} levels.`,
  ],
]

for (const [name, text, line] of refused) {
  test(`what is no JSON5 is refused with its place: ${name}`, () => {
    assert.deepEqual(linesOf(text), [`openclaw.json5${line}`])
  })
}

test('no word of a file that cannot be parsed is shown: it may be a secret', () => {
  for (const text of [
    '{ apiKey: hunter2 }',
    '{ a: "x" hunter2 }',
    '{ a: 0hunter2 }',
    'hunter2',
    '{ "hunter2: 1 }',
  ]) {
    const [line = ''] = linesOf(text)
    assert.match(line, /^openclaw\.json5:1:\d+ {2}/)
    assert.doesNotMatch(line, /hunter2/)
  }
})

test('a file that is no UTF-8, or too large, is refused whole', () => {
  const [utf16 = ''] = linesOf(Buffer.from('\uFEFF{}', 'utf16le'))
  assert.match(utf16, /^\/.*openclaw\.json5 {2}the file is not UTF-8 text; save it as UTF-8\.$/)
  assert.deepEqual(linesOf(`{}${' '.repeat(fileBytesMax - 2)}`), [])
  const [large = ''] = linesOf(`{}${' '.repeat(fileBytesMax - 1)}`)
  assert.match(large, /the file is larger than 1 MB/)
})
