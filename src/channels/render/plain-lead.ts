import type { Line } from './lines.ts'

/** What a person reads before a line of a nested quote, where the platform can show one level alone. */
export function plainPrefix(line: Line): string {
  return '> '.repeat(Math.max(0, (line.quote?.depth ?? 0) - 1))
}

/** What a person reads before a list's line: its indentation, and a bullet or its number where the item begins. */
export function plainLead(line: Line, isFirst: boolean): string {
  if (!isFirst || line.listDepth === 0 || line.code !== null) return ''
  const indent = '  '.repeat(line.listDepth - 1)
  if (line.marker === null) return `${indent}  `
  return `${indent}${line.marker === '-' ? '•' : line.marker} `
}
