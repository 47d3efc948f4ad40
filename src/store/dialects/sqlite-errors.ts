import { GatewayError } from '../../domain/errors.ts'

/** Where SQLite itself, its file or its disk is in trouble, beside `cause` for the log. */
export interface Trouble {
  readonly kind: TroubleKind
  readonly cause: string
}

/** The troubles that people can do something about. */
export type TroubleKind = keyof typeof sentences

const sentences = {
  busy: 'Another process keeps the database locked: end what holds it, then try again.',
  full: 'The disk that holds the database is full: free some space, and writing goes on by itself.',
  disk: 'The disk that holds the database fails to read or write: check the disk, its quota and the limit on file sizes.',
  readonly: 'The database cannot be written: its file, its folder or its disk is read-only for this user.',
  unopened:
    'The database file cannot be opened: check that it is there and that this user may read and write it and its folder.',
  damaged:
    'The database file is damaged, or is no database: stop the gateway and restore the file from a backup.',
  memory: 'The database ran out of memory: give the gateway more memory.',
} as const

// By SQLite's primary result codes (https://sqlite.org/rescode.html).
const kindOfCode: Readonly<Record<number, TroubleKind>> = {
  5: 'busy',
  6: 'busy',
  7: 'memory',
  8: 'readonly',
  10: 'disk',
  11: 'damaged',
  13: 'full',
  14: 'unopened',
  15: 'busy',
  26: 'damaged',
}

/** Returns what kind of trouble an error of SQLite tells of, or undefined where it is about one statement alone. */
export function troubleOf(error: unknown): Trouble | undefined {
  const code = resultCode(error)
  const kind = code === undefined ? undefined : kindOfCode[code & 0xff]
  return kind && { kind, cause: `${error} (SQLite result code ${code})` }
}

/** Returns how a constraint refused a statement: the row that it refers to is missing, or what must be unique is taken. */
export function refusalOf(error: unknown): 'missing' | 'taken' | undefined {
  const code = resultCode(error)
  if (code === constraintUnique || code === constraintPrimaryKey) return 'taken'
  if (code === constraintForeignKey || code === constraintNotNull) return 'missing'
  return undefined
}

/** Returns the error that callers get for a trouble. Its sentence names no path, since it may go to a client. */
export function troubleError({ kind, cause }: Trouble): GatewayError {
  return new GatewayError('internal_error', sentences[kind], { cause })
}

/** Returns the error for a file that could not be opened, for whatever reason of SQLite's or the system's, naming the file. */
export function openError(error: unknown, file: string): GatewayError {
  const known = error instanceof GatewayError ? error : troubleError(troubleOf(error) ?? systemTrouble(error))
  return new GatewayError(known.code, `${known.message} The file is ${file}.`, { cause: error })
}

const constraintForeignKey = 787
const constraintNotNull = 1299
const constraintPrimaryKey = 1555
const constraintUnique = 2067

function systemTrouble(error: unknown): Trouble {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const cause = String(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return { kind: 'full', cause }
  return { kind: code === 'EROFS' ? 'readonly' : 'unopened', cause }
}

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode : undefined
}
