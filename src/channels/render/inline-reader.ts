import type { MarkedToken, Token } from 'marked'
import { decodeEntities } from './decode-entities.ts'
import { isOwnToken } from './lex.ts'
import { LineWriter, type Place } from './line-writer.ts'
import { bold, italic, type Mark, strike } from './lines.ts'

const anyLink: Mark = { kind: 'link', href: '', url: '', isBare: false }
const nowhere: Place = { quote: null, heading: 0, listDepth: 0 }

/** Gives a link's address in the dialect, or null where the address must be shown as text. `label` is what the link shows. */
export type HrefOf = (url: string, label: string) => string | null

/** Reads what stands inside a block into a writer's lines. */
export class InlineReader {
  readonly #writer: LineWriter
  readonly #hrefOf: HrefOf

  constructor(writer: LineWriter, hrefOf: HrefOf) {
    this.#writer = writer
    this.#hrefOf = hrefOf
  }

  readAll(tokens: readonly Token[], marks: readonly Mark[], place: Place): void {
    for (const token of tokens) if (isOwnToken(token)) this.read(token, marks, place)
  }

  read(token: MarkedToken, marks: readonly Mark[], place: Place): void {
    switch (token.type) {
      case 'strong':
        this.readAll(token.tokens, within(marks, bold), place)
        break
      case 'em':
        this.readAll(token.tokens, within(marks, italic), place)
        break
      case 'del':
        this.readAll(token.tokens, within(marks, strike), place)
        break
      case 'codespan':
        this.#code(token.text, marks, place)
        break
      case 'br':
        this.#writer.endLine(place)
        break
      case 'checkbox':
        this.#writer.text(token.checked ? '☑ ' : '☐ ', marks, place)
        break
      case 'link':
        if (token.autolink) this.#address(token.href, token.text, marks, place)
        else this.#link(decodeEntities(token.href), token.tokens, marks, place)
        break
      case 'image':
        // A picture in a link is its words alone: two addresses for one text cannot be shown.
        if (marks.some(isLink)) this.readAll(token.tokens, marks, place)
        else this.#link(decodeEntities(token.href), token.tokens, marks, place)
        break
      case 'text':
        if (token.tokens === undefined) this.#writer.text(decodeEntities(token.text), marks, place)
        else this.readAll(token.tokens, marks, place)
        break
      case 'escape':
      case 'html':
        this.#writer.text(token.text, marks, place)
        break
    }
  }

  /** Returns the text alone, in one line; a link's address follows its text. */
  plain(tokens: readonly Token[], marks: readonly Mark[] = []): string {
    const writer = new LineWriter()
    new InlineReader(writer, () => null).readAll(tokens, marks, nowhere)
    writer.endLine(nowhere)
    return writer.lines.map((line) => line.runs.map((run) => run.text).join('')).join(' ')
  }

  #code(source: string, marks: readonly Mark[], place: Place): void {
    // Markdown reads a line break in inline code as a space.
    const text = source.replaceAll('\n', ' ')
    this.#writer.text(text, [...marks, { kind: 'code', text }], place)
  }

  /** An address that stands for itself: its text is what was written, whatever it looks like. */
  #address(url: string, text: string, marks: readonly Mark[], place: Place): void {
    const href = marks.some(isLink) ? null : this.#hrefOf(url, url)
    const link: readonly Mark[] = href === null ? [] : [{ kind: 'link', href, url, isBare: true }]
    this.#writer.text(text, [...marks, ...link], place)
  }

  #link(url: string, tokens: readonly Token[], marks: readonly Mark[], place: Place): void {
    const label = this.plain(tokens, [anyLink]).trim()
    const isBare = label === url
    const href = marks.some(isLink) ? null : this.#hrefOf(url, label)
    if (href === null) {
      this.readAll(tokens, marks, place)
      if (!isBare && url !== '') this.#writer.text(label === '' ? url : ` (${url})`, marks, place)
    } else if (isBare || label === '') {
      this.#writer.text(label || url, [...marks, { kind: 'link', href, url, isBare: true }], place)
    } else {
      this.readAll(tokens, [...marks, { kind: 'link', href, url, isBare: false }], place)
    }
  }
}

function isLink(mark: Mark): boolean {
  return mark.kind === 'link'
}

function within(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  return marks.includes(mark) ? marks : [...marks, mark]
}
