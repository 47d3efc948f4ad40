import type { MarkedToken, Token } from 'marked'
import { type HrefOf, InlineReader } from './inline-reader.ts'
import { isOwnToken, type Lexed, lex } from './lex.ts'
import { LineWriter, type Place } from './line-writer.ts'
import type { Line } from './lines.ts'
import { tableText } from './table-text.ts'

const language = /^[\w+#.-]{1,32}(?=\s|$)/

/** Reads Markdown into lines. */
export function readMarkdown(markdown: string, hrefOf: HrefOf): readonly Line[] {
  const text = presentable(markdown)
  const lexed = lex(text)
  const reader = new BlockReader(lexed, hrefOf)
  if (lexed === null) reader.plain(text)
  else reader.blocks(lexed.tokens, { quote: null, heading: 0, listDepth: 0 })
  return reader.writer.lines
}

/** Lone surrogates and control characters cannot be sent; Markdown has one kind of line break. */
function presentable(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/(?![\t\n])\p{Cc}/gu, '')
}

class BlockReader {
  readonly writer = new LineWriter()
  readonly #inline: InlineReader
  readonly #definedHrefs: ReadonlySet<string>

  constructor(lexed: Lexed | null, hrefOf: HrefOf) {
    this.#inline = new InlineReader(this.writer, hrefOf)
    this.#definedHrefs = lexed?.definedHrefs ?? new Set()
  }

  plain(text: string): void {
    const place: Place = { quote: null, heading: 0, listDepth: 0 }
    this.writer.text(text, [], place)
    this.writer.endLine(place)
  }

  blocks(tokens: readonly Token[], place: Place): void {
    for (const token of tokens) {
      if (!isOwnToken(token)) continue
      this.#block(token, place)
      // Some blocks swallow the blank line that follows them.
      if (token.type === 'space' || /\n[ \t]*\n\s*$/.test(token.raw.slice(-64))) this.writer.apart()
    }
  }

  #block(token: MarkedToken, place: Place): void {
    switch (token.type) {
      case 'heading':
        this.#inlines(token.tokens, { ...place, heading: token.depth })
        break
      case 'paragraph':
        this.#inlines(token.tokens, place)
        break
      case 'text':
        if (token.tokens === undefined) this.#text(token.text, place)
        else this.#inlines(token.tokens, place)
        break
      case 'blockquote':
        this.#quote(token.tokens, place)
        break
      case 'list':
        this.#list(token, place)
        break
      case 'code':
        this.#fence(token.text, token.lang ?? '', place)
        break
      case 'table': {
        const text = tableText(token, (cell) => this.#inline.plain(cell))
        this.#code(text, '', place)
        break
      }
      case 'hr':
        this.#text('———', place)
        break
      case 'html':
        this.#text(token.text.trimEnd(), place)
        break
      case 'def':
        // A definition that no link uses was meant to be read, such as a list of sources.
        if (!this.#definedHrefs.has(token.href)) this.#text(token.raw, place)
        break
      case 'checkbox':
        this.#inline.read(token, [], place)
        break
    }
  }

  #quote(tokens: readonly Token[], place: Place): void {
    this.writer.flushMarker(place)
    const quote = { id: place.quote?.id ?? {}, depth: (place.quote?.depth ?? 0) + 1 }
    this.blocks(tokens, { ...place, quote, listDepth: 0 })
  }

  #list(list: Extract<MarkedToken, { type: 'list' }>, place: Place): void {
    const inside: Place = { ...place, listDepth: place.listDepth + 1 }
    let number = list.start === '' ? null : list.start
    for (const item of list.items) {
      this.writer.mark(number === null ? '-' : `${number++}.`, inside)
      this.blocks(item.tokens, inside)
      this.writer.flushMarker(inside)
      if (list.loose && item !== list.items.at(-1)) this.writer.apart()
    }
  }

  #fence(text: string, info: string, place: Place): void {
    const word = language.exec(info)?.[0] ?? ''
    // A file's name, or a fence that was none: what is no language was meant to be read.
    const rest = text.trim() === '' ? info : info.slice(word.length).trim()
    if (rest !== '') this.#text(rest, place)
    this.#code(text, word, place)
  }

  #code(text: string, word: string, place: Place): void {
    if (/\S/.test(text)) this.writer.code(text.replace(/\n+$/, ''), word, place)
  }

  #inlines(tokens: readonly Token[], place: Place): void {
    this.#inline.readAll(tokens, [], place)
    this.writer.endLine(place)
  }

  #text(text: string, place: Place): void {
    this.writer.text(text, [], place)
    this.writer.endLine(place)
  }
}
