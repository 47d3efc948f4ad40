import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Named } from './names.ts'
import { mentionedIds, readableText, withoutMention } from './text.ts'

const names = new Map<string, Named>([
  ['U1', { name: 'Ada', isBot: false }],
  ['C1', { name: 'general', isBot: false }],
])

for (const [raw, readable] of [
  ['1 &lt; 2 &amp;&amp; 3 &gt; 2', '1 < 2 && 3 > 2'],
  // Unescaped once, never twice.
  ['&amp;lt;b&amp;gt; &amp;amp;', '&lt;b&gt; &amp;'],
  ['hi <@U1> and <@U9>', 'hi @Ada and @U9'],
  ['hi <@U9|carol>', 'hi @carol'],
  ['in <#C1> or <#C2|random> or <#C3|>', 'in #general or #random or #C3'],
  ['<!here> <!channel> <!everyone|everyone>', '@here @channel @everyone'],
  ['<!subteam^S1|@team> <!subteam^S2>', '@team @S2'],
  ['on <!date^1392734382^{date_short}|Feb 18, 2014>', 'on Feb 18, 2014'],
  ['<https://example.com/a?b=1&amp;c=2>', 'https://example.com/a?b=1&c=2'],
  ['<http://example.com|example.com>', 'example.com'],
  ['<https://example.com/?a=1&amp;b|the &lt;page&gt;>', 'the <page> (https://example.com/?a=1&b)'],
  ['<mailto:ada@example.com|ada@example.com>', 'ada@example.com'],
  ['<tel:+4930|call me>', 'call me (+4930)'],
  ['```if (a &lt; b) { <https://x.dev> }```', '```if (a < b) { https://x.dev }```'],
  ['<> <@> <!> <#>', ' @ @ #'],
  ['an open < and nothing', 'an open < and nothing'],
] as const) {
  test(`${JSON.stringify(raw)} reads as ${JSON.stringify(readable)}`, () => {
    assert.equal(readableText(raw, names), readable)
  })
}

for (const [raw, cut] of [
  ['<@UBOT> hello', 'hello'],
  ['<@UBOT>: hello', 'hello'],
  ['<@UBOT|bot>, hello', 'hello'],
  ['hello <@UBOT>', 'hello'],
  ['hello <@UBOT>, how are you', 'hello, how are you'],
  ['hey <@UBOT> what <@U1> said', 'hey what <@U1> said'],
  ['one\n<@UBOT> two\n  three', 'one\ntwo\n  three'],
  ['<@UBOT><@UBOT> twice', 'twice'],
  ['<@UBOTTLE> is another', '<@UBOTTLE> is another'],
  ['<@UBOT>', ''],
] as const) {
  test(`${JSON.stringify(raw)} without the mention is ${JSON.stringify(cut)}`, () => {
    assert.equal(withoutMention(raw, 'UBOT'), cut)
  })
}

test('only mentions without a name are asked for', () => {
  assert.deepEqual(mentionedIds('<@U1> <@U2|bob> <#C1> <#C2|> <#C3|x> <!here>'), ['U1', 'C1', 'C2'])
})

test('a text made of signs is read in linear time', () => {
  const signs = `${'<'.repeat(100_000)}${'<@UBOT|'.repeat(50_000)}${' '.repeat(100_000)}x<@UBOT>`
  const start = performance.now()
  readableText(signs, names)
  withoutMention(signs, 'UBOT')
  mentionedIds(signs)
  assert.ok(performance.now() - start < 5_000)
})
