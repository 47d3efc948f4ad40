import assert from 'node:assert/strict'

const references: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' }
const address = /^(?:https?:\/\/|mailto:|tel:)/

/**
 * Reads Telegram's HTML as strictly as its documentation words it: known tags alone, nested as it allows, attributes as it writes them, and
 * nothing unescaped. Returns the text as it is read.
 */
export function readTelegramHtml(html: string): string {
  const open: string[] = []
  let text = ''
  for (const [piece, tag, reference] of html.matchAll(/<([^<>]*)>|(&[^;]*;)|[^<>&]+|[\s\S]/g)) {
    if (tag !== undefined) turnTag(tag, open, html)
    else if (reference !== undefined) text += references[reference] ?? assert.fail(`unknown ${reference}`)
    else if (/[<>&]/.test(piece)) assert.fail(`unescaped ${piece} in ${html}`)
    else text += piece
  }
  assert.deepEqual(open, [], `unclosed in ${html}`)
  return text
}

function turnTag(tag: string, open: string[], html: string): void {
  if (tag.startsWith('/')) {
    assert.equal(open.pop(), tag.slice(1), `wrong end tag in ${html}`)
    return
  }
  const inner = open.at(-1)
  const link = /^a href="([^"]*)"$/.exec(tag)
  const [name, isKnown] =
    link === null
      ? [tag.split(' ')[0] ?? '', /^(?:[bis]|code|pre|blockquote|code class="language-[\w+#.-]+")$/.test(tag)]
      : ['a', address.test(link[1] ?? '') && !/&(?!amp;)/.test(link[1] ?? '')]
  assert.ok(isKnown, `unknown tag ${tag} in ${html}`)
  assert.ok(inner !== 'code', `${tag} in code in ${html}`)
  assert.ok(inner !== 'pre' || tag.startsWith('code class'), `${tag} in pre in ${html}`)
  assert.ok(!tag.startsWith('code class') || inner === 'pre', `a language without pre in ${html}`)
  assert.ok(name === 'code' || !open.includes(name), `${tag} in itself in ${html}`)
  open.push(name)
}

/** Checks that each fence in a message of Discord or Slack is closed, and stands on a line of its own. */
export function checkFences(message: string): void {
  let isOpen = false
  for (const line of message.split('\n')) {
    const fences = line.split('```').length - 1
    if (fences === 0) continue
    assert.match(
      line,
      isOpen ? /^(?:> )?```$/ : /^(?:> )?```[\w+#.-]*$/,
      `a fence inside a line of ${message}`,
    )
    isOpen = !isOpen
  }
  assert.ok(!isOpen, `an open fence in ${message}`)
}

/** Checks that Slack reads nothing in a message as control characters but its links and its quotes' signs. */
export function checkSlackEscapes(message: string): void {
  const rest = message
    .replace(/<(?:https?:\/\/|mailto:|tel:)[^<>|\s]+(?:\|[^<>|]+)?>/g, '')
    .replace(/^> /gm, '')
    .replace(/&(?:amp|lt|gt);/g, '')
  assert.doesNotMatch(rest, /[&<>]/, message)
}
