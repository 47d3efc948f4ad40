import { GatewayError } from '../errors.ts'

/** What a page continues: a cursor of one list is refused by another. */
export type CursorKind = 'conversations' | 'messages' | 'audit' | 'deliveries'

/** Makes the opaque text that continues a list after the row with that key. */
export function encodeCursor(kind: CursorKind, key: number): string {
  return Buffer.from(`${kind}:${key}`).toString('base64url')
}

/** Reads what `encodeCursor` made. Throws `invalid_request` for anything else. */
export function decodeCursor(kind: CursorKind, cursor: string): number {
  const [name, digits = '', ...rest] = Buffer.from(cursor, 'base64url').toString().split(':')
  const key = Number(digits)
  const isOurs =
    name === kind &&
    rest.length === 0 &&
    Number.isSafeInteger(key) &&
    key >= 0 &&
    encodeCursor(kind, key) === cursor
  if (isOurs) return key
  throw new GatewayError(
    'invalid_request',
    `cursor is not one of this list. Pass nextCursor of the page before, unchanged.`,
    {
      details: { field: 'cursor' },
    },
  )
}
