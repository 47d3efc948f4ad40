import { type Atom, atomsOf, breaks } from './atoms.ts'
import type { Dialect } from './dialect.ts'
import { Draft } from './draft.ts'
import { graphemeChunks } from './graphemes.ts'
import type { Line } from './lines.ts'
import { readMarkdown } from './read-markdown.ts'

const visible = /[^\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u
const dash = '—'
const bareLine: Line = {
  runs: [],
  isApart: false,
  quote: null,
  code: null,
  heading: 0,
  listDepth: 0,
  marker: null,
}

/**
 * Renders Markdown in a dialect, in parts within its limit, at least one. A part ends at a paragraph, line, sentence or word, the first of
 * these that leaves it at least half full; what is open at its end is closed, and opened again in the next. Nothing that can be seen is
 * lost or doubled.
 */
export function renderParts(markdown: string, dialect: Dialect): readonly Draft[] {
  const lines = readMarkdown(markdown, (url, label) => dialect.href(url, label))
  const atoms = atomsOf(lines, atomUnitsMax(dialect), (line, marks) => dialect.marks(line, marks))
  const parts = split(atoms, dialect).filter((part) => visible.test(part.plain))
  return parts.length > 0 ? parts : [written([bareAtom(dash)], dialect)]
}

/** Small enough that an atom fits a part whatever its escapes, and that parts are well filled. */
function atomUnitsMax(dialect: Dialect): number {
  return Math.min(64, Math.max(2, Math.floor(dialect.limit / 16)))
}

function split(atoms: readonly Atom[], dialect: Dialect): Draft[] {
  const parts: Draft[] = []
  let start = 0
  while (start < atoms.length) {
    const end = cutAfter(atoms, start, dialect)
    if (end === start) parts.push(...splitBare(atoms[start], dialect))
    else parts.push(written(atoms.slice(start, end), dialect))
    start = Math.max(end, start + 1)
  }
  return parts
}

/** Returns where the part that begins at `start` ends; `start` itself where not even one atom fits. */
function cutAfter(atoms: readonly Atom[], start: number, dialect: Dialect): number {
  const draft = new Draft(dialect)
  const measures: number[] = []
  for (let end = start; end < atoms.length; end++) {
    const atom = atoms[end]
    if (atom !== undefined) draft.put(atom)
    if (!draft.fits) return bestCut(atoms, start, measures)
    measures.push(draft.measure)
  }
  return atoms.length
}

function bestCut(atoms: readonly Atom[], start: number, measures: readonly number[]): number {
  const half = (measures.at(-1) ?? 0) / 2
  for (const wanted of [breaks.paragraph, breaks.line, breaks.sentence, breaks.word]) {
    for (let count = measures.length; count > 0 && (measures[count - 1] ?? 0) >= half; count--) {
      if ((atoms[start + count]?.breakBefore ?? 0) >= wanted) return start + count
    }
  }
  return start + measures.length
}

function written(atoms: readonly Atom[], dialect: Dialect): Draft {
  const draft = new Draft(dialect)
  for (const atom of atoms) draft.put(atom)
  return draft
}

/** An atom that does not fit with its markup goes without: an address in a part of a hundred characters, for one. */
function splitBare(atom: Atom | undefined, dialect: Dialect): Draft[] {
  if (atom === undefined) return []
  if (atom.line === bareLine) return [written([atom], dialect)]
  const chunks = graphemeChunks(atom.text, atomUnitsMax(dialect))
  return split(
    chunks.map((text) => bareAtom(text)),
    dialect,
  )
}

function bareAtom(text: string): Atom {
  return { text, space: '', marks: [], line: bareLine, isFirst: true, next: '', breakBefore: breaks.inside }
}
