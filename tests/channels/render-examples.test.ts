import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { renderDiscord } from '../../src/channels/render/discord.ts'
import { renderSlack } from '../../src/channels/render/slack.ts'
import { renderTelegram } from '../../src/channels/render/telegram.ts'

interface Example {
  readonly name: string
  readonly markdown: string
  readonly telegram?: string
  readonly discord?: string
  readonly slack?: string
}

const styles: readonly Example[] = [
  {
    name: 'bold, italic, struck and code',
    markdown: '**b** _i_ ~~s~~ `c`',
    telegram: '<b>b</b> <i>i</i> <s>s</s> <code>c</code>',
    discord: '**b** *i* ~~s~~ `c`',
    slack: '*b* _i_ ~s~ `c`',
  },
  {
    name: 'styles in styles',
    markdown: '**b *bi* b** ***both***',
    telegram: '<b>b <i>bi</i> b</b> <i><b>both</b></i>',
    discord: '**b *bi* b** ***both***',
    slack: '*b _bi_ b* _*both*_',
  },
  {
    name: 'a style inside a word, with boundaries where Slack needs them',
    markdown: '这是**重点**内容 a**b**c',
    telegram: '这是<b>重点</b>内容 a<b>b</b>c',
    discord: '这是**重点**内容 a**b**c',
    slack: '这是\u200b*重点*\u200b内容 a\u200b*b*\u200bc',
  },
  {
    name: 'a style over two lines',
    markdown: '**one\ntwo**',
    telegram: '<b>one\ntwo</b>',
    discord: '**one**\n**two**',
    slack: '*one*\n*two*',
  },
  {
    name: 'code inside bold, which Telegram shows as code alone',
    markdown: '**a `b` c**',
    telegram: '<b>a</b> <code>b</code> <b>c</b>',
    discord: '**a `b` c**',
    slack: '*a `b` c*',
  },
  {
    name: 'a backtick in code, which Slack cannot write',
    markdown: '`` a`b `` `c d`',
    telegram: '<code>a`b</code> <code>c d</code>',
    discord: '`` a`b `` `c d`',
    slack: 'a`b `c d`',
  },
  {
    name: 'code beside a backtick',
    markdown: '`a`\\``b`',
    telegram: '<code>a</code>`<code>b</code>',
    discord: '`a`\u200b\\`\u200b`b`',
    slack: '`a`\u200b`\u200b`b`',
  },
  {
    name: 'headings',
    markdown: '# A **b**\ntext\n\n##### E',
    telegram: '<b>A b</b>\ntext\n\n<b>E</b>',
    discord: '# A **b**\ntext\n\n**E**',
    slack: '*A b*\ntext\n\n*E*',
  },
]

const blocks: readonly Example[] = [
  {
    name: 'lists in lists, with their numbers and tasks',
    markdown: '- a\n- b\n  1. one\n  2. two\n     more\n- [x] done\n- [ ] open\n\n7. seven\n8. eight',
    telegram: '• a\n• b\n  1. one\n  2. two\n    more\n• ☑ done\n• ☐ open\n\n7. seven\n8. eight',
    discord: '- a\n- b\n  1. one\n  2. two\n    more\n- ☑ done\n- ☐ open\n\n7. seven\n8. eight',
    slack: '• a\n• b\n  1. one\n  2. two\n    more\n• ☑ done\n• ☐ open\n\n7. seven\n8. eight',
  },
  {
    name: 'bold items and paragraphs, each by itself',
    markdown: '- **a**\n- **b**\n\n**c**\n\n**d**',
    telegram: '• <b>a</b>\n• <b>b</b>\n\n<b>c</b>\n\n<b>d</b>',
    discord: '- **a**\n- **b**\n\n**c**\n\n**d**',
    slack: '• *a*\n• *b*\n\n*c*\n\n*d*',
  },
  {
    name: 'quotes in quotes',
    markdown: '> a\n> > b\n>\n> c\n\nd',
    telegram: '<blockquote>a\n&gt; b\n\nc</blockquote>\n\nd',
    discord: '> a\n> > b\n> \n> c\n\nd',
    slack: '> a\n> &gt; b\n> \n> c\n\nd',
  },
  {
    name: 'a fence, its language and a fence in it',
    markdown: '````c++ src/a.cc\na < b && c\n  ```\n````\nend',
    telegram: 'src/a.cc\n<pre><code class="language-c++">a &lt; b &amp;&amp; c\n  ```</code></pre>\nend',
    discord: 'src/a.cc\n```c++\na < b && c\n  `\u200b`\u200b`\n```\nend',
    slack: 'src/a.cc\n```\na &lt; b &amp;&amp; c\n  `\u200b`\u200b`\n```\nend',
  },
  {
    name: 'a fence that is never closed',
    markdown: 'look:\n```py\nprint(1)',
    telegram: 'look:\n<pre><code class="language-py">print(1)</code></pre>',
    discord: 'look:\n```py\nprint(1)\n```',
    slack: 'look:\n```\nprint(1)\n```',
  },
  {
    name: 'a fence in a quote',
    markdown: '> a\n> ```\n> b\n> ```',
    telegram: '<blockquote>a\n<pre>b</pre></blockquote>',
    discord: '> a\n> ```\n> b\n> ```',
    slack: '> a\n```\nb\n```',
  },
  {
    name: 'a table, one row wider than its head',
    markdown: '| a | b |\n|---|--:|\n| 漢字 | 1 |\n| **x** | `y` | z |',
    telegram: '<pre>a    |   b\n-----|-----|----\n漢字 |   1\nx    |   y | z</pre>',
    discord: '```\na    |   b\n-----|-----|----\n漢字 |   1\nx    |   y | z\n```',
    slack: '```\na    |   b\n-----|-----|----\n漢字 |   1\nx    |   y | z\n```',
  },
  {
    name: 'a rule',
    markdown: 'a\n\n---\n\nb',
    telegram: 'a\n\n———\n\nb',
    discord: 'a\n\n———\n\nb',
    slack: 'a\n\n———\n\nb',
  },
]

const links: readonly Example[] = [
  {
    name: 'a link, what would end it escaped',
    markdown: '[a | b > **c**](https://e.example/?a=1&b=(2))',
    telegram: '<a href="https://e.example/?a=1&amp;b=(2)">a | b &gt; <b>c</b></a>',
    discord: '[a | b > **c**](https://e.example/?a=1&b=%282%29)',
    slack: '<https://e.example/?a=1&amp;b=(2)|a ¦ b &gt; *c*>',
  },
  {
    name: 'addresses as they are',
    markdown: 'https://e.example/a_b_c, <https://e.example/d>. **https://e.example**',
    telegram:
      '<a href="https://e.example/a_b_c">https://e.example/a_b_c</a>, <a href="https://e.example/d">https://e.example/d</a>. <b><a href="https://e.example">https://e.example</a></b>',
    discord: 'https://e.example/a_b_c, https://e.example/d. **<https://e.example>**',
    slack: '<https://e.example/a_b_c>, <https://e.example/d>. *<https://e.example>*',
  },
  {
    name: 'mail and telephone',
    markdown: '[m](mailto:a@b.example) c@d.example [t](tel:+4930123)',
    telegram:
      '<a href="mailto:a@b.example">m</a> <a href="mailto:c@d.example">c@d.example</a> <a href="tel:+4930123">t</a>',
    discord: 'm (mailto:a@b.example) c@d.example t (tel:+4930123)',
    slack: '<mailto:a@b.example|m> <mailto:c@d.example|c@d.example> <tel:+4930123|t>',
  },
  {
    name: 'schemes that nobody should follow, and places in the same document',
    markdown:
      '[a](javascript:alert(1)) [b](tg://user?id=1) [c](#top) [d](data:text/html,x) [e](file:///etc/passwd)',
    telegram:
      'a (javascript:alert(1)) b (tg://user?id=1) c (#top) d (data:text/html,x) e (file:///etc/passwd)',
    discord:
      'a (javascript:alert(1)) b (tg://user?id=1) c (#top) d (data:text/html,x) e (file:///etc/passwd)',
    slack: 'a (javascript:alert(1)) b (tg://user?id=1) c (#top) d (data:text/html,x) e (file:///etc/passwd)',
  },
  {
    name: 'pictures, also in a link',
    markdown: '![cat](https://e.example/c.png) [![badge](https://e.example/b.svg)](https://e.example)',
    telegram: '<a href="https://e.example/c.png">cat</a> <a href="https://e.example">badge</a>',
    discord: '[cat](https://e.example/c.png) [badge](https://e.example)',
    slack: '<https://e.example/c.png|cat> <https://e.example|badge>',
  },
  {
    name: 'a link that shows another address',
    markdown: '[https://good.example](https://bad.example)',
    discord: 'https://good.example (https://bad.example)',
    slack: '<https://bad.example|https://good.example>',
  },
  {
    name: 'links by reference, and a list of sources that nothing refers to',
    markdown: 'see [a][1]\n\n[1]: https://e.example/1\n[2]: https://e.example/2',
    slack: 'see <https://e.example/1|a>\n\n[2]: https://e.example/2',
  },
]

const literals: readonly Example[] = [
  {
    name: 'HTML as the text that it is',
    markdown: '<b>x</b> & <script>alert(1)</script>\n\n<div>\ny\n</div>',
    telegram:
      '&lt;b&gt;x&lt;/b&gt; &amp; &lt;script&gt;alert(1)&lt;/script&gt;\n\n&lt;div&gt;\ny\n&lt;/div&gt;',
    discord: '<b>x</b> & <script>alert(1)</script>\n\n<div>\ny\n</div>',
    slack: '&lt;b&gt;x&lt;/b&gt; &amp; &lt;script&gt;alert(1)&lt;/script&gt;\n\n&lt;div&gt;\ny\n&lt;/div&gt;',
  },
  {
    name: 'character references',
    markdown: '&lt;b&gt; &amp;amp; &copy; &#x1F600; &nope; `&lt;`',
    telegram: '&lt;b&gt; &amp;amp; © 😀 &amp;nope; <code>&amp;lt;</code>',
    discord: '<b> &amp; © 😀 &nope; `&lt;`',
    slack: '&lt;b&gt; &amp;amp; © 😀 &amp;nope; `&amp;lt;`',
  },
  {
    name: "the platforms' own control words",
    markdown: '<!channel> <@U1> <#C1> <@&7> <:x:1> <t:1> <https://a.example|b> @everyone',
    discord: '<!channel> \\<@U1> \\<#C1> \\<@&7> \\<:x:1> \\<t:1> \\<https://a.example|b> @everyone',
    slack:
      '&lt;!channel&gt; &lt;@U1&gt; &lt;#C1&gt; &lt;@&amp;7&gt; &lt;:x:1&gt; &lt;t:1&gt; &lt;https://a.example|b&gt; @everyone',
  },
  {
    name: 'signs that Discord would read, and those that it would not',
    markdown: '\\*a\\* 2 * 3 * 4 snake_case_name \\__x\\_\\_ ||no|| \\`t\\` C:\\dir \\~\\~s\\~\\~ [x]\\(y)',
    discord:
      '\\*a\\* 2 * 3 * 4 snake_case_name \\_\\_x\\_\\_ \\|\\|no\\|\\| \\`t\\` C:\\dir \\~\\~s\\~\\~ [x\\](y)',
  },
  {
    name: 'lines that Discord would take for blocks',
    markdown: '\\# a\n\\- b\n1986\\. c\n\\> d\n-# e\n+1 f\n#g',
    discord: '\\# a\n\\- b\n1986\\. c\n\\> d\n\\-# e\n+1 f\n#g',
  },
  {
    name: 'control characters and halves of characters',
    markdown: 'a\u0000b\u001b[1m\r\nc\ud800d',
    telegram: 'ab[1m\nc\ufffdd',
    discord: 'ab[1m\nc\ufffdd',
    slack: 'ab[1m\nc\ufffdd',
  },
  ...['', ' \n\t', '\u200b\u2060', '&nbsp;', '```\n```', '\u3164'].map((markdown) => ({
    name: `a dash where nothing can be seen: ${JSON.stringify(markdown)}`,
    markdown,
    telegram: '—',
    discord: '—',
    slack: '—',
  })),
]

for (const [kind, examples] of Object.entries({ styles, blocks, links, literals })) {
  describe(`${kind} are shown in each dialect`, () => {
    for (const { name, markdown, telegram, discord, slack } of examples) {
      test(name, () => {
        if (telegram !== undefined) assert.equal(only(renderTelegram(markdown)).text, telegram)
        if (discord !== undefined) assert.equal(only(renderDiscord(markdown)).text, discord)
        if (slack !== undefined) assert.equal(only(renderSlack(markdown)).text, slack)
      })
    }
  })
}

test("Telegram's plain text has no markup, and shows where links lead", () => {
  const markdown = '# A\n**b** [c](https://e.example) https://f.example\n\n```js\n<d>\n```\n- e\n  > f'
  const plain = 'A\nb c (https://e.example) https://f.example\n\n<d>\n• e\nf'
  assert.equal(only(renderTelegram(markdown)).plain, plain)
})

test("Telegram's plain text goes without addresses where they do not fit", () => {
  const part = only(renderTelegram(`[${'a'.repeat(90)}](https://e.example/long)`, 100))
  assert.equal(part.plain, 'a'.repeat(90))
})

function only<T>(parts: readonly T[]): T {
  assert.equal(parts.length, 1)
  return parts[0] ?? assert.fail()
}
