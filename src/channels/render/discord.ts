import type { RenderedPart } from '../../domain/channels/channel.ts'
import type { Atom } from './atoms.ts'
import type { Dialect } from './dialect.ts'
import { escapeDiscord } from './escape-discord.ts'
import { inBold, type Line, type Mark } from './lines.ts'
import { renderParts } from './render-parts.ts'
import { safeLink } from './safe-link.ts'
import { separateTicks } from './separate-ticks.ts'

const limitDefault = 2000

/**
 * Renders Markdown as Discord's (https://discord.com/developers/docs/reference#message-formatting) in parts of at most `limit` UTF-16
 * units. Discord itself counts code points, which are never more.
 */
export function renderDiscord(markdown: string, limit = limitDefault): readonly RenderedPart[] {
  return renderParts(markdown, dialect(limit)).map((part) => ({ text: part.raw }))
}

function dialect(limit: number): Dialect {
  return {
    limit,
    markupUnitsMax: limit,
    entitiesMax: limit,
    measure: (raw) => raw.length,
    marksSpanLines: false,
    boundaries: 'code',
    href(url, label) {
      // Discord makes links of web addresses alone, and of no text that shows another address.
      const isShown = /^https?:/i.test(url) && (label === url || !/https?:\/\//i.test(label))
      const href = isShown ? safeLink(url) : null
      const escaped = href?.replaceAll('(', '%28').replaceAll(')', '%29') ?? null
      return escaped === null || escaped.length > limit / 3 ? null : escaped
    },
    marks: (line, marks) => (line.heading > 3 ? inBold(marks) : marks),
    open: (mark) => (mark.kind === 'link' ? (mark.isBare ? '' : '[') : signs(mark)[0]),
    close: (mark) => (mark.kind === 'link' ? (mark.isBare ? '' : `](${mark.href})`) : signs(mark)[1]),
    text: wordOf,
    code: separateTicks,
    openCode: (line) => `\`\`\`${line.code?.language ?? ''}\n${quotePrefix(line)}`,
    closeCode: (line) => `\n${quotePrefix(line)}\`\`\``,
    openQuote: () => '',
    closeQuote: () => '',
    prefix: quotePrefix,
    lead: leadOf,
  }
}

function quotePrefix(line: Line): string {
  return line.quote === null ? '' : '> '.repeat(line.code === null ? line.quote.depth : 1)
}

function leadOf(line: Line, isFirst: boolean): string {
  if (line.code !== null) return ''
  const heading = line.heading > 0 && line.heading <= 3 ? `${'#'.repeat(line.heading)} ` : ''
  if (!isFirst || line.listDepth === 0) return heading
  const indent = '  '.repeat(line.listDepth - 1)
  return indent + (line.marker === null ? '  ' : `${line.marker} `) + heading
}

function wordOf(atom: Atom, before: string): string {
  const { text, marks } = atom
  const code = marks.find((mark) => mark.kind === 'code')
  if (code !== undefined) return separateTicks(text, before)
  const link = marks.find((mark) => mark.kind === 'link')
  // In a style the address needs an end that is no sign of the style.
  if (link?.isBare) return marks.length > 1 ? `<${link.href}>` : link.href
  return escapeDiscord(text, before, atom.next, link !== undefined)
}

function signs(mark: Exclude<Mark, { kind: 'link' }>): readonly [string, string] {
  switch (mark.kind) {
    case 'bold':
      return ['**', '**']
    case 'italic':
      return ['*', '*']
    case 'strike':
      return ['~~', '~~']
    case 'code':
      return mark.text.includes('`') ? ['`` ', ' ``'] : ['`', '`']
  }
}
