import type { RenderedPart } from '../../domain/channels/channel.ts'
import type { Dialect } from './dialect.ts'
import { inBold, type Mark } from './lines.ts'
import { plainLead, plainPrefix } from './plain-lead.ts'
import { renderParts } from './render-parts.ts'
import { safeLink } from './safe-link.ts'

const limitDefault = 4096
/** Telegram refuses more than about 9,500 (https://github.com/tdlib/telegram-bot-api/issues/165). */
const markupUnitsMax = 8000
/** Telegram ignores all further ones. */
const entitiesMax = 100

/**
 * Renders Markdown as Telegram's HTML (https://core.telegram.org/bots/api#html-style) in parts of at most `limit` UTF-16 units once the
 * entities are parsed, 100 entities and 8,000 units of tags. `plain` is the same within the same limit, with links' addresses where they fit.
 */
export function renderTelegram(markdown: string, limit = limitDefault): readonly RenderedPart[] {
  return renderParts(markdown, dialect(limit)).map((part) => ({
    text: part.raw,
    plain: part.linked.length <= limit ? part.linked : part.plain,
  }))
}

function dialect(limit: number): Dialect {
  return {
    limit,
    markupUnitsMax,
    entitiesMax,
    measure: (_, plain) => plain.length,
    marksSpanLines: true,
    boundaries: 'none',
    href(url) {
      const href = safeLink(url)
      return href === null || href.length > limit ? null : escapeHtml(href)
    },
    marks: (line, marks) => nestable(line.heading > 0 ? inBold(marks) : marks),
    open: (mark) => tags(mark)[0],
    close: (mark) => tags(mark)[1],
    text: (atom) => escapeHtml(atom.text),
    code: escapeHtml,
    openCode: ({ code }) => (code?.language ? `<pre><code class="language-${code.language}">` : '<pre>'),
    closeCode: ({ code }) => (code?.language ? '</code></pre>' : '</pre>'),
    openQuote: () => '<blockquote>',
    closeQuote: () => '</blockquote>',
    prefix: (line) => escapeHtml(plainPrefix(line)),
    lead: plainLead,
  }
}

/** Telegram shows no other entity together with code, and drops the link of code that is one: there the link is worth more. */
function nestable(marks: readonly Mark[]): readonly Mark[] {
  const code = marks.find((mark) => mark.kind === 'code')
  if (code === undefined) return marks
  return marks.some((mark) => mark.kind === 'link') ? marks.filter((mark) => mark !== code) : [code]
}

function tags(mark: Mark): readonly [string, string] {
  switch (mark.kind) {
    case 'bold':
      return ['<b>', '</b>']
    case 'italic':
      return ['<i>', '</i>']
    case 'strike':
      return ['<s>', '</s>']
    case 'code':
      return ['<code>', '</code>']
    case 'link':
      return [`<a href="${mark.href}">`, '</a>']
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
