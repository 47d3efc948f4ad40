/** A style that text stands in. Compared by identity: each link is one object, the others are the constants below. */
export type Mark =
  | { readonly kind: 'bold' | 'italic' | 'strike' }
  /** `text` is the whole of the code, of which a run may be a piece. */
  | { readonly kind: 'code'; readonly text: string }
  /** `href` as the dialect writes it; `url` as a person reads it. A bare link shows its own address and is never cut. */
  | { readonly kind: 'link'; readonly href: string; readonly url: string; readonly isBare: boolean }

export const bold: Mark = { kind: 'bold' }
export const italic: Mark = { kind: 'italic' }
export const strike: Mark = { kind: 'strike' }

/** Text without a line break in one set of marks, the outermost first. */
export interface Run {
  readonly text: string
  readonly marks: readonly Mark[]
}

/** A block of code; the lines of one block share the object. */
export interface CodeBlock {
  /** One word that every dialect can write, or empty. */
  readonly language: string
}

/** A block quote with all that is nested in it; its lines share `id`. */
export interface Quote {
  readonly id: object
  /** 1 for the outermost. */
  readonly depth: number
}

/** One line of a message, in no dialect: the neutral form between Markdown's tree and the dialects. */
export interface Line {
  readonly runs: readonly Run[]
  /** A blank line stands before it. */
  readonly isApart: boolean
  readonly quote: Quote | null
  readonly code: CodeBlock | null
  /** 1 to 6, or 0 where it is no heading. */
  readonly heading: number
  /** How many lists it stands in. */
  readonly listDepth: number
  /** `-` or a number with its dot on the first line of a list's item. */
  readonly marker: string | null
}

/** Returns marks in bold, as headings are shown where a platform has none; bold in bold is one. */
export function inBold(marks: readonly Mark[]): readonly Mark[] {
  return [bold, ...marks.filter((mark) => mark !== bold)]
}
