/** Where something stands in a text, from 1; columns in UTF-16 units. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** What the scan found wrong first, by its offset in the text. */
export interface ScanFault {
  readonly offset: number
  readonly sentence: string
}

/** Deepest nesting of a config file. The schema itself needs eight. */
export const depthMax = 64

/**
 * Looks over JSON5 before it is parsed: returns the text with its comments blanked out, offsets unchanged, or the first string, comment
 * or bracket that is not closed, or nesting deeper than {@link depthMax}. The parser recurses and reports such things at the end of
 * the file, far from where they are.
 */
export function scan(text: string): { readonly text: string } | ScanFault {
  const blanks: string[] = []
  const open: { readonly bracket: string; readonly offset: number }[] = []
  let kept = 0
  let i = 0
  while (i < text.length) {
    const character = text.charAt(i)
    if (character === '"' || character === "'") {
      const end = endOfString(text, i)
      if (end === -1)
        return { offset: i, sentence: 'this text is not closed on its line by the quote that opened it.' }
      i = end
    } else if (character === '/') {
      const end = endOfComment(text, i)
      if (end === -1) return { offset: i, sentence: 'this comment is not closed by "*/".' }
      blanks.push(text.slice(kept, i), text.slice(i, end).replaceAll(/[^\r\n]/g, ' '))
      kept = end
      i = Math.max(end, i + 1)
    } else {
      if (character === '{' || character === '[') {
        open.push({ bracket: character, offset: i })
        if (open.length > depthMax) return { offset: i, sentence: `nested deeper than ${depthMax} levels.` }
      } else if (character === '}' || character === ']') {
        const last = open.pop()
        const expected = character === '}' ? '{' : '['
        if (last?.bracket !== expected) return { offset: i, sentence: `"${character}" closes nothing here.` }
      }
      i++
    }
  }
  const last = open.at(-1)
  if (last !== undefined) {
    const closing = last.bracket === '{' ? '}' : ']'
    return { offset: last.offset, sentence: `this "${last.bracket}" is not closed by "${closing}".` }
  }
  return { text: blanks.join('') + text.slice(kept) }
}

/** Returns the place of an offset. A line ends with CR, LF or both. */
export function placeOf(text: string, offset: number): Place {
  let line = 1
  let start = 0
  for (const match of text.slice(0, offset).matchAll(/\r\n|\r|\n/g)) {
    line++
    start = match.index + match[0].length
  }
  return { line, column: offset - start + 1 }
}

// JSON5 strings stand on one line unless a backslash ends it; U+2028 and U+2029 are allowed.
function endOfString(text: string, start: number): number {
  const quote = text.charAt(start)
  for (let i = start + 1; i < text.length; i++) {
    const character = text.charAt(i)
    if (character === quote) return i + 1
    if (character === '\n' || character === '\r') return -1
    if (character === '\\') {
      i++
      if (text.charAt(i) === '\r' && text.charAt(i + 1) === '\n') i++
    }
  }
  return -1
}

// Returns `start` for a slash that opens no comment: the parser then says what is wrong with it.
function endOfComment(text: string, start: number): number {
  const next = text.charAt(start + 1)
  if (next === '*') {
    const end = text.indexOf('*/', start + 2)
    return end === -1 ? -1 : end + 2
  }
  if (next !== '/') return start
  const rest = /[\r\n\u2028\u2029]/g
  rest.lastIndex = start
  return rest.exec(text)?.index ?? text.length
}
