import { Tokenizer, type Tokens } from 'marked'
import { paragraphAt, setextUnderline, tableHead } from './paragraph-rule.ts'

const nestingMax = 8
const cellsMax = 100_000
/** How often a character of a container may be read: legally once a level, but a lazy line has all of its container read again. */
const readingsMax = 12
/** Characters that may be searched in vain; a hundred times what ordinary text needs, a quarter of a second at the worst. */
const fruitlessMax = 4_000_000
const lazyLinesMax = 1000
const addressRun = /^[^a-zA-Z0-9]?[a-zA-Z0-9.!#$%&'*+/=?_`{|}~-]{64,}/

/** Keeps the lexer from what is quadratic or recursive in it. */
export class BoundedTokenizer extends Tokenizer<string, string> {
  readonly definedHrefs = new Set<string>()
  #blocks = 0
  #readable: number
  /** Each lazy line has the rest of its quote copied. */
  readonly #hasQuotes: boolean
  #inlines = 0
  #fruitless = 0

  constructor(markdown: string) {
    super()
    this.#readable = readingsMax * markdown.length
    this.#hasQuotes = lazyLinesIn(markdown) <= lazyLinesMax
  }

  override blockquote(src: string): Tokens.Blockquote | undefined {
    return this.#hasQuotes ? this.#block(() => super.blockquote(src)) : undefined
  }

  override list(src: string): Tokens.List | undefined {
    return this.#block(() => super.list(src))
  }

  override table(src: string): Tokens.Table | undefined {
    const [head = '', header = '', rule = ''] = tableHead.exec(src) ?? []
    const columns = cellsIn(header)
    if (head === '' || !/[|:]/.test(rule) || cellsIn(rule) !== columns || this.#isSpent) return undefined
    const [rows = ''] = /^(?:.*\S.*(?:\n|$))*/.exec(src.slice(head.length)) ?? []
    const cells = rows.split('\n').map(cellsIn)
    const columnsMax = cells.reduce((most, count) => Math.max(most, count), columns)
    // Each row is filled up to the header's width: a wide header over many short rows would be a gigabyte.
    const isTooLarge = columnsMax * cells.length > cellsMax
    // Cells beyond the header would be dropped: it is made as wide as the widest row.
    const extra = columnsMax - columns
    const wide = extra === 0 ? head : `${widen(header, ' |', extra)}\n${widen(rule, '-|', extra)}\n`
    const table = isTooLarge ? undefined : super.table(wide + src.slice(head.length))
    this.#fruitless += Math.max(0, wide.length + rows.length - (table?.raw.length ?? 0))
    return table && { ...table, raw: src.slice(0, table.raw.length - wide.length + head.length) }
  }

  override lheading(src: string): Tokens.Heading | undefined {
    const text = paragraphAt(src)
    const underline = setextUnderline.exec(src.slice(text.length))
    if (text === '' || underline === null) return undefined
    const depth = underline[1] === '=' ? 1 : 2
    return { type: 'heading', raw: text + underline[0], depth, text, tokens: this.lexer.inline(text) }
  }

  override paragraph(src: string): Tokens.Paragraph | undefined {
    const text = paragraphAt(src)
    return text === '' ? undefined : { type: 'paragraph', raw: text, text, tokens: this.lexer.inline(text) }
  }

  /** A paragraph in a list's item. */
  override text(src: string): Tokens.Text | undefined {
    const text = paragraphAt(src)
    return text === '' ? undefined : { type: 'text', raw: text, text, tokens: this.lexer.inline(text) }
  }

  override emStrong(src: string, masked: string, before?: string): Tokens.Em | Tokens.Strong | undefined {
    return /^[*_]/.test(src) ? this.#inline(src, () => super.emStrong(src, masked, before)) : undefined
  }

  override del(src: string, masked: string, before?: string): Tokens.Del | undefined {
    return src.startsWith('~') ? this.#inline(src, () => super.del(src, masked, before)) : undefined
  }

  override codespan(src: string): Tokens.Codespan | undefined {
    return src.startsWith('`') ? this.#inline(src, () => super.codespan(src)) : undefined
  }

  override tag(src: string): Tokens.Tag | undefined {
    return src.startsWith('<') ? this.#inline(src, () => super.tag(src)) : undefined
  }

  override link(src: string): Tokens.Link | Tokens.Image | undefined {
    return /^!?\[/.test(src) ? this.#inline(src, () => super.link(src)) : undefined
  }

  override reflink(
    src: string,
    links: Parameters<Tokenizer['reflink']>[1],
  ): Tokens.Link | Tokens.Image | Tokens.Text | undefined {
    if (!/^!?\[/.test(src)) return undefined
    const token = this.#inline(src, () => super.reflink(src, links))
    if (token !== undefined && token.type !== 'text') this.definedHrefs.add(token.href)
    return token
  }

  override inlineText(src: string): Tokens.Text | undefined {
    if (this.#isSpent) return { type: 'text', raw: src, text: src, escaped: false }
    // The lexer looks for an e-mail address from every sign in such a run, to the run's end.
    this.#fruitless += addressRun.exec(src)?.[0].length ?? 0
    return super.inlineText(src)
  }

  get #isSpent(): boolean {
    return this.#fruitless > fruitlessMax
  }

  #block<T extends { readonly raw: string }>(read: () => T | undefined): T | undefined {
    if (this.#blocks === nestingMax || this.#readable < 0) return undefined
    this.#blocks++
    try {
      const token = read()
      this.#readable -= token?.raw.length ?? 0
      return token
    } finally {
      this.#blocks--
    }
  }

  #inline<T>(src: string, read: () => T | undefined): T | undefined {
    if (this.#inlines === nestingMax || this.#isSpent) return undefined
    this.#inlines++
    try {
      const token = read()
      if (token === undefined) this.#fruitless += src.length
      return token
    } finally {
      this.#inlines--
    }
  }
}

/** Lines that go on with a quote without its sign. */
function lazyLinesIn(markdown: string): number {
  let count = 0
  let isQuoted = false
  for (const line of markdown.split('\n')) {
    const wasQuoted = isQuoted
    isQuoted = /^[ >*+\d.)-]*/.exec(line)?.[0].includes('>') === true
    if (wasQuoted && !isQuoted && line.trim() !== '') count++
  }
  return count
}

function widen(row: string, cell: string, count: number): string {
  const closed = /(?<!\\)\|\s*$/.test(row) ? row.trimEnd() : `${row} |`
  return closed + cell.repeat(count)
}

function cellsIn(row: string): number {
  return row
    .trim()
    .replace(/\\\|/g, '')
    .replace(/^\||\|$/g, '')
    .split('|').length
}
