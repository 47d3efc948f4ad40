import { BidiLines } from './bidi-lines.ts'
import { findInvisible, firstInvisible, invisibleLength } from './invisible-characters.ts'
import { neededLength } from './needed-invisibles.ts'

/**
 * Removes the characters that draw nothing and can carry instructions past a human reader: zero-width characters, tags, bidi controls,
 * fillers, stray variation selectors. Those that an emoji or a script needs stay. What is visible never changes, except that a text with
 * invisible characters has its lone surrogates replaced by U+FFFD. Idempotent; linear; a text without any is returned after one scan.
 */
export function stripInvisible(text: string): string {
  const first = firstInvisible(text)
  if (first < 0) return text
  // Two lone surrogates around a removed character would otherwise become a new one.
  const whole = text.toWellFormed()
  return strip(whole, findInvisible(whole, first))
}

function strip(text: string, first: number): string {
  const lines = new BidiLines(text)
  let kept = ''
  let from = 0
  let index = first
  while (index >= 0) {
    const width = invisibleLength(text, index)
    const keep = width === 0 ? 1 : lines.keeps(index) ? width : neededLength(text, index)
    if (keep === 0) {
      kept += text.slice(from, index)
      from = index + width
    }
    index = findInvisible(text, index + (keep === 0 ? width : keep))
  }
  return from === 0 ? text : kept + text.slice(from)
}
