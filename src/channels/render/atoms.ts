import { graphemeChunks } from './graphemes.ts'
import type { Line, Mark } from './lines.ts'

/** How good a place is to end a part at, the best highest. */
export const breaks = { inside: 0, word: 1, sentence: 2, line: 3, paragraph: 4 } as const

/** A piece that is never cut: a word, a piece of a long one, or the address of a bare link. */
export interface Atom {
  readonly text: string
  /** The spaces behind it; they are dropped where the line or the part ends. */
  readonly space: string
  readonly marks: readonly Mark[]
  readonly line: Line
  readonly isFirst: boolean
  /** The character that stands behind it in its line, or empty. */
  readonly next: string
  /** How good it is to end a part before it: one of `breaks`. */
  readonly breakBefore: number
}

const words = /[^ \t。！？，、；：]*[。！？，、；：]*[ \t]*/g
const sentenceEnd = /(?:[.!?…]["'”’»)\]*_~]*|[。！？]["'”’»）」』]*)$/
const clauseEnd = /[，、；：]$/

/** Cuts lines into atoms of at most `unitsMax` UTF-16 units, bare links' addresses excepted. `marksOf` gives a run's marks in the dialect. */
export function atomsOf(
  lines: readonly Line[],
  unitsMax: number,
  marksOf: (line: Line, marks: readonly Mark[]) => readonly Mark[],
): readonly Atom[] {
  const atoms: Atom[] = []
  let last: Line | undefined
  for (const line of lines) {
    const pieces = piecesOf(line, unitsMax)
    for (const [index, piece] of pieces.entries()) {
      const before = pieces[index - 1]
      atoms.push({
        ...piece,
        marks: marksOf(line, piece.marks),
        line,
        isFirst: index === 0,
        next: piece.space === '' ? (pieces[index + 1]?.text.charAt(0) ?? '') : ' ',
        breakBefore: before === undefined ? breakBetween(last, line) : breakAfter(before, piece),
      })
    }
    last = line
  }
  return atoms
}

type Piece = Pick<Atom, 'text' | 'space' | 'marks'>

function piecesOf(line: Line, unitsMax: number): readonly Piece[] {
  const pieces: Piece[] = []
  for (const { text, marks } of line.runs) {
    if (line.code !== null) {
      for (const chunk of graphemeChunks(text, unitsMax)) pieces.push({ text: chunk, space: '', marks })
    } else if (marks.some((mark) => mark.kind === 'link' && mark.isBare)) {
      pieces.push({ text, space: '', marks })
    } else {
      for (const [word] of text.matchAll(words))
        if (word !== '') pieces.push(...wordPieces(word, marks, unitsMax))
    }
  }
  // An empty line of code, or a list's item without text, is an atom too.
  return pieces.length > 0 ? pieces : [{ text: '', space: '', marks: [] }]
}

function wordPieces(word: string, marks: readonly Mark[], unitsMax: number): readonly Piece[] {
  const text = word.trimEnd()
  const space = word.slice(text.length)
  const chunks = text === '' ? [''] : graphemeChunks(text, unitsMax)
  return chunks.map((chunk, index) => ({
    text: chunk,
    marks,
    space: index === chunks.length - 1 ? space : '',
  }))
}

function breakBetween(last: Line | undefined, line: Line): number {
  // A heading stays with what it heads, if that can be.
  if (last !== undefined && last.heading > 0) return breaks.word
  return line.isApart || (last?.code ?? null) !== line.code ? breaks.paragraph : breaks.line
}

function breakAfter(before: Piece, piece: Piece): number {
  if (sharesLink(before.marks, piece.marks)) return breaks.inside
  if (before.space === '' && !/[。！？，、；：]["'”’»）」』]*$/.test(before.text)) return breaks.inside
  if (clauseEnd.test(before.text)) return breaks.word
  return sentenceEnd.test(before.text) ? breaks.sentence : breaks.word
}

function sharesLink(left: readonly Mark[], right: readonly Mark[]): boolean {
  return left.some((mark) => mark.kind === 'link' && right.includes(mark))
}
