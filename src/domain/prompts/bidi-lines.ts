import { invisibleClass } from './invisible-characters.ts'

const lineEnd = /[\n\r\u2029]|$/g
const rightToLeft = /[\u0590-\u061B\u061D-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC\uD802\uD803\uD83A\uD83B]/
const isolate = /[\u2066-\u2069]/g
const popIsolate = '\u2069'
const filledStart = new RegExp(`[\\u2066-\\u2068](?![${invisibleClass}])`, 'uy')
const filledEnd = new RegExp(`(?<![${invisibleClass}])\\u2069`, 'uy')

// A mark between a word and what is not one, or at a line's end, decides where punctuation and numbers are shown; inside a Latin word or
// a number it does nothing. Two in a row never do more than one.
const mark = new RegExp(
  `[\\u061C\\u200E\\u200F](?<![${invisibleClass}].)(?![${invisibleClass}]|(?<=[\\p{Script=Latin}\\p{Nd}].)[\\p{Script=Latin}\\p{Nd}])`,
  'uy',
)

/** Says which bidirectional controls of a text are needed. Ask in the order of the text: each line is read once. */
export class BidiLines {
  readonly #text: string
  #end = 0
  #isRightToLeft = false
  #isolates: ReadonlySet<number> | undefined

  constructor(text: string) {
    this.#text = text
  }

  /**
   * True for a mark (LRM, RLM, ALM) and for an isolate that closes in its line, where the line has right-to-left letters. Embeddings and
   * overrides are never needed: isolates do their work, and an override shows another text than the model reads.
   */
  keeps(index: number): boolean {
    const unit = this.#text.charCodeAt(index)
    const isMark = unit === 0x200e || unit === 0x200f || unit === 0x061c
    if (!isMark && (unit < 0x2066 || unit > 0x2069)) return false
    if (index >= this.#end) this.#readLine(index)
    if (!this.#isRightToLeft) return false
    if (!isMark) {
      this.#isolates ??= closedIsolates(this.#text, index, this.#end)
      return this.#isolates.has(index)
    }
    return matchesAt(mark, this.#text, index)
  }

  #readLine(index: number): void {
    const start = this.#end
    lineEnd.lastIndex = index
    this.#end = lineEnd.exec(this.#text)?.index ?? this.#text.length
    const lastBreak = this.#text.slice(start, index).search(/[\n\r\u2029][^\n\r\u2029]*$/)
    const from = lastBreak < 0 ? start : start + lastBreak
    this.#isRightToLeft = rightToLeft.test(this.#text.slice(from, this.#end))
    this.#isolates = undefined
  }
}

/** Where the outermost isolates stand that open and close between `from` and `end` around something visible. */
function closedIsolates(text: string, from: number, end: number): ReadonlySet<number> {
  const closed = new Set<number>()
  let depth = 0
  let opened = from
  isolate.lastIndex = from
  for (let match = isolate.exec(text); match !== null && match.index < end; match = isolate.exec(text)) {
    if (match[0] !== popIsolate) {
      if (depth++ === 0) opened = match.index
    } else if (depth > 0 && --depth === 0 && isFilled(text, opened, match.index)) {
      closed.add(opened).add(match.index)
    }
  }
  return closed
}

function isFilled(text: string, opened: number, closed: number): boolean {
  return matchesAt(filledStart, text, opened) && matchesAt(filledEnd, text, closed)
}

function matchesAt(sticky: RegExp, text: string, index: number): boolean {
  sticky.lastIndex = index
  return sticky.test(text)
}
