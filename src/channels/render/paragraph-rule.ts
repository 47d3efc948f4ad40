/** A table's header and the rule below it. */
export const tableHead = /^ *([^\n ].*)\n {0,3}((?:\| *)?:?-+:? *(?:\| *:?-+:? *)*(?:\| *)?)(?:\n|$)/
/** The line that makes a heading of the paragraph before it. */
export const setextUnderline = /^\n {0,3}([=-])\1*[ \t]*(?:\n|$)/

const interruptions = [
  '[ \\t]*(?:\\n|$)',
  ' {0,3}(?:=+|-+)[ \\t]*(?:\\n|$)',
  ' {0,3}(?:(?:-[ \\t]*){3,}|(?:_[ \\t]*){3,}|(?:\\*[ \\t]*){3,})(?:\\n|$)',
  ' {0,3}#{1,6}(?:\\s|$)',
  ' {0,3}>',
  ' {0,3}(?:`{3,}[^`\\n]*|~{3,}[^\\n]*)(?:\\n|$)',
  ' {0,3}(?:[*+-]|1[.)])[ \\t]+[^ \\t\\n]',
  tableHead.source.slice(1),
]
const paragraph = new RegExp(`^[^\\n]+(?:\\n(?!${interruptions.join('|')})[^\\n]+)*`)

/**
 * Returns the paragraph that a text begins with, up to the first line that begins something else (CommonMark 4.8; HTML begins nothing, as it
 * is shown as text). Linear, as the lexer's own rules for paragraphs, headings and tables are not.
 */
export function paragraphAt(text: string): string {
  return paragraph.exec(text)?.[0] ?? ''
}
