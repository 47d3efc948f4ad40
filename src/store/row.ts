import { GatewayError } from '../domain/errors.ts'
import type { Row } from './statement.ts'

/** Returns a column's text. Throws `internal_error` where it holds something else. */
export function text(row: Row, column: string): string {
  const value = row[column]
  return typeof value === 'string' ? value : unreadable(column)
}

/** Returns a column's text or null. Throws `internal_error` where it holds something else. */
export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column)
}

/** Returns a column's whole number. Throws `internal_error` where it holds something else. */
export function integer(row: Row, column: string): number {
  const value = row[column]
  return typeof value === 'number' ? value : unreadable(column)
}

/** Returns a column's whole number or null. Throws `internal_error` where it holds something else. */
export function integerOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column)
}

/** Returns a column's text as one of a closed list of words. Throws `internal_error` where it holds something else. */
export function oneOf<T extends string>(row: Row, column: string, words: readonly T[]): T {
  return words.find((word) => word === row[column]) ?? unreadable(column)
}

/** Returns the list of strings that a column holds as JSON. Throws `internal_error` where it holds something else. */
export function textList(row: Row, column: string): readonly string[] {
  const value: unknown = JSON.parse(text(row, column))
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : unreadable(column)
}

function unreadable(column: string): never {
  throw new GatewayError(
    'internal_error',
    'The database holds a row that this version cannot read: it was written by another version or changed by hand.',
    { cause: new Error(`column ${column}`) },
  )
}
