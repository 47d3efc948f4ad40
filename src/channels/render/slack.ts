import type { RenderedPart } from '../../domain/channels/channel.ts'
import type { Dialect } from './dialect.ts'
import { inBold, type Mark } from './lines.ts'
import { plainLead, plainPrefix } from './plain-lead.ts'
import { renderParts } from './render-parts.ts'
import { safeLink } from './safe-link.ts'
import { separateTicks } from './separate-ticks.ts'

const limitDefault = 4000

/** Renders Markdown as Slack's mrkdwn (https://docs.slack.dev/messaging/formatting-message-text) in parts of at most `limit` code points. */
export function renderSlack(markdown: string, limit = limitDefault): readonly RenderedPart[] {
  return renderParts(markdown, dialect(limit)).map((part) => ({ text: part.raw }))
}

function dialect(limit: number): Dialect {
  return {
    limit,
    markupUnitsMax: 2 * limit,
    entitiesMax: limit,
    measure: codePoints,
    marksSpanLines: false,
    boundaries: 'all',
    href(url) {
      const href = safeLink(url)
      const escaped = href === null ? null : escapeControl(href)
      return escaped === null || escaped.length > limit / 3 ? null : escaped
    },
    marks: (line, marks) => (line.heading > 0 ? inBold(marks) : marks).filter(isWritable),
    open: (mark) => (mark.kind === 'link' ? (isAlone(mark) ? '<' : `<${mark.href}|`) : signOf(mark.kind)),
    close: (mark) => (mark.kind === 'link' ? '>' : signOf(mark.kind)),
    text({ text, marks }, before) {
      const link = marks.find((mark) => mark.kind === 'link')
      if (link !== undefined && isAlone(link)) return link.href
      // A bar would end the link's address a second time.
      const shown = link === undefined ? text : text.replaceAll('|', '¦')
      return escapeControl(separateTicks(shown, before))
    },
    code: (text, before) => escapeControl(separateTicks(text, before)),
    openCode: () => '```\n',
    closeCode: () => '\n```',
    openQuote: () => '',
    closeQuote: () => '',
    // A fence's lines would keep the quote's signs.
    prefix: (line) =>
      line.quote === null || line.code !== null ? '' : `> ${escapeControl(plainPrefix(line))}`,
    lead: plainLead,
  }
}

type Link = Extract<Mark, { kind: 'link' }>

/** An address without a text of its own. For mail it would be shown with its scheme. */
function isAlone(link: Link): boolean {
  return link.isBare && !link.href.startsWith('mailto:')
}

function signOf(kind: Exclude<Mark['kind'], Link['kind']>): string {
  return { bold: '*', italic: '_', strike: '~', code: '`' }[kind]
}

/** mrkdwn has no way to write a backtick in code. */
function isWritable(mark: Mark): boolean {
  return mark.kind !== 'code' || !mark.text.includes('`')
}

function escapeControl(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--
  return count
}
