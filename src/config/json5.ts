import { parse, type ValueNode } from '@humanwhocodes/momoa'
import { type Place, placeOf, scan } from './text-scan.ts'

/** A parsed file, or the first thing that is wrong with its syntax. */
export type Json5 =
  | { readonly root: ValueNode; readonly text: string }
  | { readonly fault: Place & { readonly sentence: string } }

/** Parses JSON5 into a tree with places. Never throws, and no sentence holds a word of the text: it may be a secret without quotes. */
export function parseJson5(text: string): Json5 {
  const scanned = scan(text)
  if ('sentence' in scanned) {
    return { fault: { ...placeOf(text, scanned.offset), sentence: scanned.sentence } }
  }
  if (/^\s*$/.test(scanned.text)) {
    return { fault: { line: 1, column: 1, sentence: 'the file is empty; write at least {}.' } }
  }
  try {
    return { root: parse(scanned.text, { mode: 'json5' }).body, text: scanned.text }
  } catch (error) {
    return { fault: syntaxFault(scanned.text, error) }
  }
}

function syntaxFault(text: string, error: unknown): Place & { sentence: string } {
  const offset = offsetOf(error)
  if (offset === undefined) return { line: 1, column: 1, sentence: 'this is not JSON5.' }
  const sentence = sentenceFor(text, offset)
  return { ...placeOf(text, offset), sentence }
}

function offsetOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('offset' in error)) return undefined
  return typeof error.offset === 'number' ? error.offset : undefined
}

const valueEnds = /["'\]}\w$.+-]/

function sentenceFor(text: string, offset: number): string {
  const character = text.charAt(offset)
  const before = text.slice(0, offset)
  if (character === ',') return 'this comma has nothing before it.'
  if (/\w$/.test(before) && /\w/.test(character)) return 'this number or word cannot be read.'
  if (/[\w$"'[{]/.test(character) && valueEnds.test(before.trimEnd().slice(-1))) {
    return 'a comma or a colon is missing before this.'
  }
  if (/[\d.+-]/.test(character)) return 'this number cannot be read.'
  if (/[A-Za-z_$]/.test(character)) return 'a word without quotes cannot stand here; put text in quotes.'
  if (/[}\]]/.test(character)) return `a value is missing before this "${character}".`
  return 'this cannot be read; expected a key, a value, a comma or a closing bracket.'
}
