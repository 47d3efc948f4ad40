import fc from 'fast-check'

/** What the generated texts' readers must see, each once and in order: scripts and signs that stand in no address, tag or language. */
export function visibleIn(text: string): string {
  return text
    .replace(/[☐☑]/g, '')
    .replace(
      /[^\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hebrew}\p{Script=Devanagari}\p{Extended_Pictographic}\p{Regional_Indicator}\u200d]/gu,
      '',
    )
}

const word = fc.constantFrom(
  ...[
    'ёж',
    'слово',
    'длинноесловобезпробелов',
    '漢字',
    '你好，世界。再见！',
    'שלום',
    'नमस्ते',
    'word',
    'snake_case_слово',
  ],
  ...[
    '👨‍👩‍👧‍👦',
    '🇩🇪🇫🇷',
    '👍🏽',
    '🏳️‍🌈',
    '😀',
    'a<b',
    'x&y',
    '&amp;',
    '&lt;да&gt;',
    '5 * 3',
    '\\*нет\\*',
    '\\_',
    '\\',
    '`',
    '***',
  ],
  ...[
    '<b>жир</b>',
    '<script>',
    '</div>',
    '<@123>',
    '<!here>',
    '@everyone',
    '#тег',
    'конец.',
    'вопрос?',
    '|',
    '~',
    '[',
    ']',
    '>',
  ],
)
const words = fc.array(word, { minLength: 1, maxLength: 12 }).map((all) => all.join(' '))
const url = fc.constantFrom(
  ...[
    'https://example.com/a_b?c=d&e=f',
    'http://x.org/(1)',
    'javascript:alert(1)',
    'tg://user?id=1',
    '/relative',
  ],
  ...['mailto:a@b.example', 'tel:+123', `https://long.example/${'a'.repeat(300)}`],
)
const inline = fc.letrec<{ inline: string; text: string }>((tie) => ({
  inline: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    { weight: 5, arbitrary: tie('text') },
    { weight: 1, arbitrary: tie('inline').map((text) => `**${text}**`) },
    { weight: 1, arbitrary: tie('inline').map((text) => `*${text}*`) },
    { weight: 1, arbitrary: tie('inline').map((text) => `~~${text}~~`) },
    { weight: 1, arbitrary: tie('inline').map((text) => `\`${text}\``) },
    { weight: 1, arbitrary: fc.tuple(tie('inline'), url).map(([text, to]) => `[${text}](${to})`) },
    { weight: 1, arbitrary: fc.tuple(words, url).map(([text, to]) => `![${text}](${to})`) },
    { weight: 1, arbitrary: url.map((to) => `<${to}> ${to}`) },
    { weight: 2, arbitrary: fc.tuple(tie('inline'), tie('inline')).map(([a, b]) => `${a}${b}`) },
  ),
  text: words,
})).inline

const codeLines = fc.array(
  fc.oneof(words, fc.constantFrom('', '  отступ', '\tтаб', '``` `` `', '> не цитата', '| a |')),
  {
    maxLength: 6,
  },
)
const fence = fc
  .tuple(
    fc.constantFrom('```', '~~~', '````'),
    fc.constantFrom('', 'js', 'c++', 'ts src/a.ts'),
    codeLines,
    fc.boolean(),
  )
  .map(([sign, info, lines, isClosed]) => `${sign}${info}\n${lines.join('\n')}${isClosed ? `\n${sign}` : ''}`)
const row = fc.array(inline, { minLength: 1, maxLength: 4 }).map((cells) => `| ${cells.join(' | ')} |`)
const table = fc
  .tuple(row, fc.array(row, { maxLength: 4 }), fc.integer({ min: 1, max: 4 }))
  .map(([header, rows, columns]) => [header, `|${' :-: |'.repeat(columns)}`, ...rows].join('\n'))

const block = fc.letrec<{ block: string; leaf: string }>((tie) => ({
  block: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    { weight: 6, arbitrary: tie('leaf') },
    { weight: 1, arbitrary: tie('block').map((text) => text.replace(/^/gm, '> ')) },
    { weight: 1, arbitrary: tie('block').map((text) => `- ${text.replaceAll('\n', '\n  ')}`) },
    { weight: 1, arbitrary: tie('block').map((text) => `7. ${text.replaceAll('\n', '\n   ')}`) },
    { weight: 1, arbitrary: tie('block').map((text) => `- [x] ${text.replaceAll('\n', '\n  ')}`) },
    { weight: 2, arbitrary: fc.tuple(tie('block'), tie('block')).map((both) => both.join('\n')) },
    { weight: 2, arbitrary: fc.tuple(tie('block'), tie('block')).map((both) => both.join('\n\n')) },
  ),
  leaf: fc.oneof(
    { weight: 4, arbitrary: inline },
    { weight: 1, arbitrary: fence },
    { weight: 1, arbitrary: table },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: 1, max: 6 }), inline)
        .map(([n, text]) => `${'#'.repeat(n)} ${text}`),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('---', '<div>\nблок\n</div>', '<!-- слова -->', '    код', 'Итог\n==='),
    },
  ),
})).block

const signs = fc.constantFrom(
  ...[
    '\n',
    '\n\n',
    '\n```',
    '```',
    '~~~\n',
    '\n> ',
    '\n- ',
    '\n  - ',
    '\n1. ',
    '\n# ',
    '\n| ж | ё |\n|---|---|\n| ',
    ' | ',
    '**',
  ],
  ...[
    '*',
    '_',
    '__',
    '~~',
    '`',
    '``',
    '[',
    '](https://e.example)',
    '](',
    ')',
    '![',
    '\\',
    '<b>',
    '</b>',
    '<!--',
    '&lt;',
    '&#42;',
  ],
  ...[
    'https://e.example/a',
    'www.e.example',
    'a@b.example',
    ' ',
    '  \n',
    '\t',
    '\r\n',
    '\u0000',
    '\u202e',
    '\u2028',
    '\ud800',
  ],
)
/** Text that is Markdown by accident: signs in any order. */
const soup = fc.array(fc.oneof(signs, word), { maxLength: 40 }).map((all) => all.join(''))

/** Replies as models write them, and worse. */
export const chatMarkdown: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: block },
  { weight: 2, arbitrary: soup },
)
