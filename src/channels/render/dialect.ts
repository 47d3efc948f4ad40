import type { Atom } from './atoms.ts'
import type { Line, Mark } from './lines.ts'

/** How one platform writes lines, and how it measures them. Every string is markup as it is sent. */
export interface Dialect {
  /** The most that a part may measure. */
  readonly limit: number
  /** The most UTF-16 units of markup that a part may have, the text itself and its escapes not counted. */
  readonly markupUnitsMax: number
  /** The most styles, links and blocks that a part may have. */
  readonly entitiesMax: number
  /** What a piece adds to a part's measure: `raw` as it is sent, `plain` as it is read. */
  measure(raw: string, plain: string): number
  /** Marks may stay open over a line break. */
  readonly marksSpanLines: boolean
  /** Where an invisible boundary is needed: between code and another backtick, or between any mark and a letter or another mark. */
  readonly boundaries: 'none' | 'code' | 'all'
  /** A link's address as markup, or null where it must be shown as text. `label` is what the link shows. */
  href(url: string, label: string): string | null
  /** The marks that the platform can show of these, the outermost first. */
  marks(line: Line, marks: readonly Mark[]): readonly Mark[]
  open(mark: Mark): string
  close(mark: Mark): string
  /** A word; `before` is the end of what stands before it in its line, or empty. */
  text(atom: Atom, before: string): string
  /** A piece of a line of code; `before` is the end of what stands before it in its line, or empty. */
  code(text: string, before: string): string
  openCode(line: Line): string
  closeCode(line: Line): string
  openQuote(): string
  closeQuote(): string
  /** What each line in a quote begins with, blank ones too. */
  prefix(line: Line): string
  /** What a line begins with: a list's marker where `isFirst`, a heading's sign also where it goes on in a next part. */
  lead(line: Line, isFirst: boolean): string
}
