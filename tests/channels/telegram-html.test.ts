import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTelegramHtml } from '../support/telegram-html.ts'

// The fake is worth what it refuses: these are the words of TDLib's own `parse_html`.
test('the fake refuses markup where Telegram does, in its words', () => {
  for (const [html, refusal] of [
    ['<b>x', `Can't find end tag corresponding to start tag "b"`],
    ['é</b>', 'Unexpected end tag at byte offset 2'],
    ['<b>x</i>', 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'],
    ['a < b', 'Unsupported start tag "" at byte offset 2'],
    ['a < b>', 'Unsupported start tag "" at byte offset 2'],
    ['<p>x</p>', 'Unsupported start tag "p" at byte offset 0'],
    ['<b', 'Unclosed start tag at byte offset 0'],
    ['<b>x</b', 'Unclosed end tag at byte offset 4'],
    ['<a href>x</a>', 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'],
    ['<a href="x', 'Unclosed start tag at byte offset 0'],
    ['<a href=x/y>z</a>', 'Unexpected end of name token at byte offset 0'],
    ['<span>x</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'],
  ] as const) {
    assert.deepEqual(parseTelegramHtml(html), { refusal }, html)
  }
})

test('the fake reads markup as Telegram does', () => {
  assert.deepEqual(
    parseTelegramHtml(
      '<B>😀</B> &lt;&amp;&quot;&gt; &apos; &#x41;&#66; AT&T <pre><code class="language-js">x</code></pre><blockquote expandable>q</blockquote>',
    ),
    {
      text: '😀 <&"> &apos; AB AT&T xq',
      entities: [
        { type: 'bold', offset: 0, length: 2 },
        { type: 'code', offset: 23, length: 1, language: 'js' },
        { type: 'pre', offset: 23, length: 1 },
        { type: 'blockquote', offset: 24, length: 1 },
      ],
    },
  )
})
