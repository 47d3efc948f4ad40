import type { Atom } from './atoms.ts'
import type { Dialect } from './dialect.ts'
import type { Line, Mark } from './lines.ts'
import { plainLead, plainPrefix } from './plain-lead.ts'

const wordyStart = /^[\p{L}\p{M}\p{N}]/u
const wordyEnd = /[\p{L}\p{M}\p{N}]$/u
const boundary = '\u200b'

/** One part while it grows: knows what is open, and what the part would measure if it ended now. */
export class Draft {
  readonly #dialect: Dialect
  readonly #raw: string[] = []
  readonly #plain: string[] = []
  readonly #linked: string[] = []
  #measure = 0
  #markupUnits = 0
  #entities = 0
  #line: Line | null = null
  #open: readonly Mark[] = []
  #space = ''
  #before = ''

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  /** What the part measures once all that is open is closed. */
  get measure(): number {
    return this.#measure + this.#dialect.measure(this.#ending(), '')
  }

  get fits(): boolean {
    const { limit, markupUnitsMax, entitiesMax } = this.#dialect
    const markupUnits = this.#markupUnits + this.#ending().length
    return this.measure <= limit && markupUnits <= markupUnitsMax && this.#entities <= entitiesMax
  }

  /** The part as it is sent. */
  get raw(): string {
    return this.#raw.join('') + this.#ending()
  }

  /** The part as it is read. */
  get plain(): string {
    return this.#plain.join('')
  }

  /** The part as it is read, with each link's address behind its text. */
  get linked(): string {
    return this.#linked.join('') + this.#open.toReversed().map(addressOf).join('')
  }

  put(atom: Atom): void {
    const { line } = atom
    if (line !== this.#line) this.#startLine(atom)
    if (line.code !== null) {
      this.#add(this.#dialect.code(atom.text, this.#before), atom.text)
      this.#before = atom.text.slice(-2)
      return
    }
    if (atom.text === '') {
      // Spaces count between words alone.
      if (this.#before !== '') this.#space += atom.space
      return
    }
    const before = this.#space === '' ? this.#before : ' '
    this.#switchMarks(atom)
    this.#add(this.#dialect.text(atom, before), atom.text)
    this.#before = atom.text.slice(-2)
    this.#space = atom.space
  }

  #startLine(atom: Atom): void {
    const { line } = atom
    const last = this.#line
    this.#space = ''
    this.#before = ''
    if (last !== null) this.#leave(last, atom)
    if (line.quote !== null && last?.quote?.id !== line.quote.id) this.#begin(this.#dialect.openQuote())
    this.#add(this.#dialect.prefix(line), plainPrefix(line))
    this.#add(this.#dialect.lead(line, atom.isFirst), plainLead(line, atom.isFirst))
    if (line.code !== null && last?.code !== line.code) this.#begin(this.#dialect.openCode(line))
    this.#line = line
  }

  #leave(last: Line, { line, marks }: Atom): void {
    this.#closeMarks(this.#dialect.marksSpanLines && goesOn(last, line) ? shared(this.#open, marks) : 0)
    if (last.code !== null && last.code !== line.code) this.#add(this.#dialect.closeCode(last), '')
    if (last.quote !== null && last.quote.id !== line.quote?.id) this.#add(this.#dialect.closeQuote(), '')
    this.#add('\n', '\n')
    if (!line.isApart) return
    const outer = last.quote !== null && last.quote.id === line.quote?.id ? outerOf(last, line) : null
    if (outer !== null) this.#add(this.#dialect.prefix(outer), plainPrefix(outer))
    this.#add('\n', '\n')
  }

  #switchMarks(atom: Atom): void {
    const kept = shared(this.#open, atom.marks)
    const closed = this.#open.slice(kept)
    const opened = atom.marks.slice(kept)
    this.#closeMarks(kept)
    if (this.#space !== '') this.#add(this.#space, this.#space)
    else if (this.#isGlued(closed, opened, atom.text)) this.#add(boundary, '')
    for (const mark of opened) this.#begin(this.#dialect.open(mark))
    this.#open = atom.marks
  }

  /** The marks' signs would stand beside something in which the platform does not see them for what they are. */
  #isGlued(closed: readonly Mark[], opened: readonly Mark[], text: string): boolean {
    const { boundaries } = this.#dialect
    if (boundaries === 'none' || this.#before === '') return false
    const isTick =
      (closed.some(isCode) && text.startsWith('`')) || (opened.some(isCode) && this.#before.endsWith('`'))
    if (isTick || (closed.some(isCode) && opened.some(isCode))) return true
    if (boundaries === 'code') return false
    const isClosed = closed.some(isStyle)
    const isOpened = opened.some(isStyle)
    return (isClosed && (isOpened || wordyStart.test(text))) || (isOpened && wordyEnd.test(this.#before))
  }

  #closeMarks(kept: number): void {
    for (const mark of this.#open.slice(kept).toReversed()) {
      this.#add(this.#dialect.close(mark), '')
      this.#linked.push(addressOf(mark))
    }
    this.#open = this.#open.slice(0, kept)
  }

  #ending(): string {
    const line = this.#line
    if (line === null) return ''
    let ending = ''
    for (const mark of this.#open.toReversed()) ending += this.#dialect.close(mark)
    if (line.code !== null) ending += this.#dialect.closeCode(line)
    return line.quote === null ? ending : ending + this.#dialect.closeQuote()
  }

  #begin(markup: string): void {
    this.#entities++
    this.#add(markup, '')
  }

  #add(raw: string, plain: string): void {
    if (raw === '' && plain === '') return
    this.#raw.push(raw)
    this.#plain.push(plain)
    this.#linked.push(plain)
    this.#measure += this.#dialect.measure(raw, plain)
    if (plain === '') this.#markupUnits += raw.length
  }
}

/** The line belongs to the paragraph of the one before it. */
function goesOn(last: Line, line: Line): boolean {
  const isText = last.code === null && line.code === null && line.heading === 0
  return isText && last.quote?.id === line.quote?.id && !line.isApart && line.marker === null
}

function shared(left: readonly Mark[], right: readonly Mark[]): number {
  let count = 0
  while (count < left.length && left[count] === right[count]) count++
  return count
}

function outerOf(left: Line, right: Line): Line {
  return (left.quote?.depth ?? 0) < (right.quote?.depth ?? 0) ? left : right
}

function isCode(mark: Mark): boolean {
  return mark.kind === 'code'
}

function isStyle(mark: Mark): boolean {
  return mark.kind !== 'link'
}

function addressOf(mark: Mark): string {
  return mark.kind === 'link' && !mark.isBare ? ` (${mark.url})` : ''
}
