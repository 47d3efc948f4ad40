import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { renderDiscord } from '../../src/channels/render/discord.ts'
import { renderSlack } from '../../src/channels/render/slack.ts'
import { renderTelegram } from '../../src/channels/render/telegram.ts'
import { visibleIn } from '../support/chat-markdown.ts'
import { checkFences, checkSlackEscapes, readTelegramHtml } from '../support/rendered-parts.ts'

describe('a part ends', () => {
  const cases = [
    ['at a paragraph', [words('a', 20), words('b', 20), words('c', 30)], '\n\n', 2],
    ['at a line where there is no paragraph', [words('a', 20), words('b', 20), words('c', 30)], '\n', 2],
    ['at a sentence where there is no line', [words('a', 20), words('b', 20), words('c', 30)], '. ', 2],
    ['at an East Asian sentence', ['漢'.repeat(100), '字'.repeat(100)], '。', 1],
  ] as const
  for (const [name, pieces, separator, count] of cases) {
    test(name, () => {
      const parts = texts(renderDiscord(pieces.join(separator), 180))
      const first = pieces.slice(0, count).join(separator) + separator.trim()
      assert.equal(parts[0], first)
      assert.equal(parts.length, 2)
    })
  }

  test('at a word where nothing else leaves it half full', () => {
    const parts = texts(renderSlack(`One. ${words('a', 200)}`, 150))
    assert.ok(parts.slice(0, -1).every((part) => part.length > 145 && !part.endsWith(' ')))
    assert.equal(parts.join(' '), `One. ${words('a', 200)}`)
  })

  test('before a heading rather than behind it', () => {
    const markdown = `${words('a', 20)}\n\n${words('b', 20)}\n\n## Heading\n\n${words('c', 30)}`
    assert.deepEqual(texts(renderDiscord(markdown, 140)), [
      `${words('a', 20)}\n\n${words('b', 20)}`,
      `## Heading\n\n${words('c', 30)}`,
    ])
  })
})

describe('over the parts of a message', () => {
  test('a fence is closed and opened again with its language, and no line of it is lost', () => {
    const code = Array.from({ length: 400 }, (_, n) => `${'  '.repeat(n % 4)}if (a < ${n}) { b && c }`).join(
      '\n',
    )
    const discord = texts(renderDiscord(`Look:\n\n\`\`\`ts\n${code}\n\`\`\``))
    for (const part of discord.slice(1)) assert.match(part, /^```ts\n[\s\S]*\n```$/)
    assert.equal(discord.map(codeOf).join('\n'), code)
    const telegram = renderTelegram(`\`\`\`ts\n${code}\n\`\`\``)
    for (const { text } of telegram)
      assert.match(text, /^<pre><code class="language-ts">[^<]*<\/code><\/pre>$/)
    assert.equal(telegram.map(({ text }) => readTelegramHtml(text)).join('\n'), code)
    const slack = texts(renderSlack(`\`\`\`ts\n${code}\n\`\`\``))
    for (const part of slack) assert.match(part, /^```\n[\s\S]*\n```$/)
  })

  test('a long line of code goes on with its spaces', () => {
    const line = 'a  b '.repeat(2000)
    const telegram = renderTelegram(`\`\`\`\n${line}\n\`\`\``)
    assert.equal(telegram.map(({ text }) => readTelegramHtml(text)).join(''), line)
  })

  test('styles and links in one another are closed and opened again', () => {
    const parts = renderTelegram(`**bold [*link ${words('a', 100)}*](https://e.example/?a&b) end**`, 120)
    assert.ok(parts.length > 2)
    for (const { text } of parts.slice(1, -1)) {
      assert.match(text, /^<b><a href="https:\/\/e\.example\/\?a&amp;b"><i>[^<]*<\/i><\/a><\/b>$/)
    }
    for (const part of texts(renderSlack(`**${words('a', 100)}**`, 120))) assert.match(part, /^\*a[^*]*\d\*$/)
  })

  test("a list's items keep their numbers", () => {
    const items = Array.from({ length: 300 }, (_, n) => `${n + 5}. ${words('item', 5)}`)
    for (const render of [renderTelegram, renderDiscord, renderSlack]) {
      const parts = texts(render(items.join('\n'), 500))
      assert.ok(parts.length > 5)
      assert.deepEqual(
        parts.flatMap((part) => part.split('\n')),
        items,
      )
    }
  })

  test('a quote goes on as a quote', () => {
    const quote = Array.from({ length: 60 }, (_, n) => `> line ${n}`).join('\n')
    for (const part of texts(renderDiscord(quote, 200))) assert.match(part, /^(?:> line \d+(?:\n|$))+$/)
    for (const part of texts(renderTelegram(quote, 200)))
      assert.match(part, /^<blockquote>line [^<]*<\/blockquote>$/)
  })

  test('a line of 50,000 characters fills them, and no grapheme is cut', () => {
    for (const [grapheme, count] of [
      ['x', 50_000],
      ['漢', 50_000],
      ['👨‍👩‍👧‍👦', 4545],
      ['🇩🇪', 12_500],
      ['é', 25_000],
      ['क्षि', 12_500],
    ] as const) {
      for (const [render, limit] of [
        [renderTelegram, 4096],
        [renderDiscord, 2000],
        [renderSlack, 4000],
      ] as const) {
        const parts = texts(render(grapheme.repeat(count)))
        assert.equal(parts.join(''), grapheme.repeat(count))
        for (const part of parts) assert.equal(part.replaceAll(grapheme, ''), '')
        for (const part of parts.slice(0, -1))
          assert.ok(part.length > limit * 0.95 && part.length <= 2 * limit)
      }
    }
  })

  test('nothing that was escaped is cut, and all limits count it', () => {
    const slack = texts(renderSlack('&'.repeat(9000)))
    for (const part of slack) {
      checkSlackEscapes(part)
      assert.ok(part.length <= 4000)
    }
    assert.equal(slack.join(''), '&amp;'.repeat(9000))
    const telegram = renderTelegram('<'.repeat(9000))
    assert.equal(telegram.map(({ text }) => readTelegramHtml(text)).join(''), '<'.repeat(9000))
    const discord = texts(renderDiscord('\\`'.repeat(9000)))
    for (const part of discord.slice(0, -1)) assert.match(part, /^(?:\\`){900,1000}$/)
    assert.equal(discord.join(''), '\\`'.repeat(9000))
  })

  test("Telegram's other bounds are kept: a hundred entities, and addresses of some thousand characters", () => {
    const bold = renderTelegram('**a** b '.repeat(500))
    for (const { text } of bold) assert.ok(text.split('<b>').length - 1 <= 100)
    assert.equal(bold.length, 5)
    const links = renderTelegram(`[a](https://e.example/${'b'.repeat(900)}) `.repeat(50))
    for (const { text } of links) assert.ok(text.length <= 9000)
    assert.equal(links.flatMap(({ text }) => text.match(/<a href/g)).length, 50)
  })

  test('half of each is used, whatever the text is made of', () => {
    const markdown = Array.from(
      { length: 300 },
      (_, n) =>
        `## Заголовок ${n}\n\n${words('слово', (n * 7) % 90)}. ${words('дело', 20)}!\n\n- **пункт**\n- ещё`,
    ).join('\n\n')
    const parts = texts(renderDiscord(markdown))
    for (const part of parts.slice(0, -1)) assert.ok(part.length >= 950, part)
    assert.equal(visibleIn(parts.join('')), visibleIn(markdown))
  })
})

// A linear reader takes about a tenth of this; the least of the quadratic ones found took seven seconds, some a minute.
describe('a hundred thousand characters are rendered within a second or so', () => {
  const patterns = [
    ...[
      '*',
      '[',
      '<',
      '`',
      '~~a ',
      '*a ',
      '**a *b ',
      'a_b_',
      'a**',
      '*a **b ',
      '![',
      '[a](',
      '[a](b',
      '\\[',
      '*a\u00a0',
    ],
    ...[
      '> ',
      '>',
      '- ',
      '1. ',
      '> - ',
      '- a\n',
      '- a\n\n',
      '> a\n',
      'a\n\n',
      '# a\n',
      '    a\n',
      '```\n',
      '``\\',
      '---\n-|-|\n~~\n![',
    ],
    ...[
      '|-|\nb |-|\n',
      '| a |\n|-|\n| a | b |\n',
      '**\n|-|\n\t|-|\nb ',
      '`---\n----\n',
      '> - > - a\nb\n',
      '- 1. - 1. a\nb\n',
    ],
    ...['<!--', '</a ', '<a b="', '&amp;', 'a@', 'a.b@', 'www.', '[a]: b "c', 'e\u0301\u0301', '😀', 'שלום '],
  ]
  for (const pattern of patterns) {
    test(JSON.stringify(pattern), () => {
      holdsFor(pattern.repeat(Math.ceil(100_000 / pattern.length)).slice(0, 100_000))
    })
  }

  test('a head as wide as the table is high', () => {
    holdsFor(`${'|a'.repeat(16_000)}|\n${'|-'.repeat(16_000)}|\n${'a\n'.repeat(16_000)}`)
  })
  test('a wide head over rows of one cell is not padded', () => {
    const head = `|${`${'x'.repeat(38)}|`.repeat(40)}\n|${'-|'.repeat(40)}\n`
    assert.ok(holdsFor(head + `${'|'.repeat(40)}a\n`.repeat(2000)) < 200)
  })
  test('styles in styles', () => {
    holdsFor(`${'*'.repeat(50_000)}a${'*'.repeat(50_000)}`)
    holdsFor(`${'*a **b '.repeat(7000)}${'b** a*'.repeat(7000)}`)
  })
  test('quotes, one deeper than the other', () => {
    holdsFor(Array.from({ length: 440 }, (_, n) => `${'>'.repeat(n)} a`).join('\n'))
  })
  test('one letter with all accents of the world', () => {
    holdsFor(`a${'\u0301'.repeat(100_000)}`)
  })
})

/** Returns how many parts there are. */
function holdsFor(markdown: string): number {
  const start = process.cpuUsage()
  const parts = renderDiscord(markdown)
  const { user } = process.cpuUsage(start)
  assert.ok(user < 2_000_000, `took ${user / 1000} ms`)
  for (const { text } of parts) {
    assert.ok(text.length <= 2000)
    checkFences(text)
  }
  return parts.length
}

function words(word: string, count: number): string {
  return Array.from({ length: count }, (_, n) => `${word}${n % 10}`).join(' ')
}

function codeOf(part: string): string {
  return /```ts\n([\s\S]*)\n```$/.exec(part)?.[1] ?? assert.fail(part)
}

function texts(parts: readonly { readonly text: string }[]): readonly string[] {
  return parts.map((part) => part.text)
}
