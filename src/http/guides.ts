import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Tokens } from 'marked'
import { html, type Markup, Markup as Raw } from './docs-page/markup.ts'

/** A page of the documentation. */
export interface Guide {
  /** The last part of its path: `/docs/<name>`. */
  readonly name: string
  readonly title: string
  /** Its Markdown. */
  readonly text: string
}

// Beside both `src` and `dist`.
const folder = join(import.meta.dirname, '..', '..', 'docs')
const order = ['getting-started']

/** Returns the guides of this version, by the order in which they are best read; none where they are not installed. */
export function readGuides(): readonly Guide[] {
  const guides = [folder, join(folder, 'reference')].flatMap((place) => {
    const files = existsSync(place) ? readdirSync(place).filter((file) => file.endsWith('.md')) : []
    return files.sort().map((file): Guide => {
      const text = readFileSync(join(place, file), 'utf8')
      const name = basename(file, '.md')
      return { name, title: /^# (.+)$/m.exec(text)?.[1] ?? name, text }
    })
  })
  const rank = ({ name }: Guide): number => order.indexOf(name) + 1 || order.length + 1
  return guides.sort((a, b) => rank(a) - rank(b))
}

/** Turns the Markdown of a guide into HTML, its links into links among the pages. */
export async function guideMarkup({ text }: Guide): Promise<Markup> {
  const { Marked } = await import('marked')
  const marked = new Marked({
    renderer: {
      link(
        this: { readonly parser: { parseInline(tokens: Tokens.Generic[]): string } },
        { href, tokens }: Tokens.Link,
      ) {
        const inner = this.parser.parseInline(tokens)
        const target = targetOf(href)
        return target === undefined ? inner : html`<a href="${target}">${new Raw(inner)}</a>`.text
      },
      heading(
        this: { readonly parser: { parseInline(tokens: Tokens.Generic[]): string } },
        { tokens, depth, text: title }: Tokens.Heading,
      ) {
        const inner = this.parser.parseInline(tokens)
        const level = html`${Math.min(depth, 5)}`.text
        return `<h${level} id="${anchorOf(title)}">${inner}</h${level}>\n`
      },
    },
  })
  return new Raw(await marked.parse(text))
}

// What leads out of the documentation is a file of the repository, which is not served.
function targetOf(href: string): string | undefined {
  if (/^https?:\/\//.test(href) || href.startsWith('#')) return href
  const inner = /^(?:\.\/|reference\/|\.\.\/docs\/|\.\.\/)?([\w-]+)\.md(#.*)?$/.exec(href)
  return inner && !/^[A-Z]+$/.test(inner[1] ?? '') ? `/docs/${inner[1]}${inner[2] ?? ''}` : undefined
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s+/g, '-')
}
