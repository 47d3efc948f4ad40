import type { Token, Tokens } from 'marked'

const paddedColumnsMax = 40
const narrow = /^[\x20-\x7e]*$/
const invisible = /^[\p{M}\p{Cf}]/u
const wide =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/u

/**
 * Writes a table as lines of text whose columns stand below one another in a monospaced font. No cell is padded to more than 40 columns,
 * so that one long cell does not widen all the others, and none at all where the table would grow to more than a few times its source.
 */
export function tableText(table: Tokens.Table, plain: (cell: readonly Token[]) => string): string {
  const rows = [table.header, ...table.rows].map((row) => row.map((cell) => plain(cell.tokens)))
  const widths = table.header.map((_, column) => columnWidth(rows, column))
  const isPadded = widths.reduce((sum, width) => sum + width, 0) * rows.length <= 4 * table.raw.length + 4000
  const lines = rows.map((row) =>
    row
      .slice(0, row.findLastIndex((cell) => cell !== '') + 1)
      .map((cell, column) =>
        isPadded ? pad(cell, widths[column] ?? 0, table.align[column] === 'right') : cell,
      )
      .join(' | ')
      .trimEnd(),
  )
  const rule = widths.map((width) => '-'.repeat(isPadded ? width : 3)).join('-|-')
  return [...lines.slice(0, 1), rule, ...lines.slice(1)].join('\n')
}

function columnWidth(rows: readonly (readonly string[])[], column: number): number {
  const widest = rows.reduce((width, row) => Math.max(width, widthOf(row[column] ?? '')), 3)
  return Math.min(paddedColumnsMax, widest)
}

function pad(cell: string, width: number, isRight: boolean): string {
  const padding = ' '.repeat(Math.max(0, width - widthOf(cell)))
  return isRight ? padding + cell : cell + padding
}

/** Columns that a terminal would give the text. */
function widthOf(text: string): number {
  if (narrow.test(text)) return text.length
  let width = 0
  for (const character of text) width += invisible.test(character) ? 0 : wide.test(character) ? 2 : 1
  return width
}
