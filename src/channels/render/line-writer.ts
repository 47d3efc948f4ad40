import type { CodeBlock, Line, Mark, Quote, Run } from './lines.ts'

/** Where in a document a line stands. */
export interface Place {
  readonly quote: Quote | null
  readonly heading: number
  readonly listDepth: number
}

/** Collects a document's lines, one after another. */
export class LineWriter {
  readonly lines: Line[] = []
  #runs: Run[] = []
  #marker: string | null = null
  #isApart = false

  /** Has a blank line stand before the next one; none before the first. */
  apart(): void {
    this.#isApart = this.lines.length > 0
  }

  /** Puts a list's marker before the next line. A marker that waits already gets a line of its own. */
  mark(marker: string, place: Place): void {
    this.flushMarker(place)
    this.#marker = marker
  }

  /** Writes the marker that waits for a line, where one does. */
  flushMarker(place: Place): void {
    if (this.#marker !== null) this.#push(place, null)
  }

  /** Adds text; a line break in it ends the line. */
  text(text: string, marks: readonly Mark[], place: Place): void {
    let isFirst = true
    for (const piece of text.split('\n')) {
      if (!isFirst) this.endLine(place)
      isFirst = false
      if (piece !== '') this.#add(piece, marks)
    }
  }

  /** Ends the line; an empty one vanishes. */
  endLine(place: Place): void {
    if (this.#runs.length > 0) this.#push(place, null)
  }

  /** Adds a block of code, every line of it as it is. */
  code(text: string, language: string, place: Place): void {
    this.endLine(place)
    this.flushMarker(place)
    const code: CodeBlock = { language }
    for (const line of text.split('\n')) {
      this.#runs = line === '' ? [] : [{ text: line, marks: [] }]
      this.#push({ ...place, heading: 0 }, code)
    }
  }

  #add(text: string, marks: readonly Mark[]): void {
    const last = this.#runs.at(-1)
    const isSame =
      last?.marks.length === marks.length && last.marks.every((mark, index) => mark === marks[index])
    // The lexer cuts text at each sign that turned out to be none; a word is one again here.
    if (last !== undefined && isSame) this.#runs[this.#runs.length - 1] = { text: last.text + text, marks }
    else this.#runs.push({ text, marks })
  }

  #push(place: Place, code: CodeBlock | null): void {
    this.lines.push({ ...place, code, runs: this.#runs, marker: this.#marker, isApart: this.#isApart })
    this.#runs = []
    this.#marker = null
    this.#isApart = false
  }
}
