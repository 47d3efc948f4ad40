import type { Log, LogFields, LogLevel } from '../domain/log.ts'
import type { LogFile } from './log-file.ts'

/** Where log lines go. */
export interface LogOptions {
  readonly level: LogLevel
  readonly file: LogFile
  /** Takes a line for the terminal; absent where nobody watches. */
  readonly print?: (line: string) => void
  /** What is printed: text for people, or the JSON of the file. */
  readonly format: 'text' | 'json'
  readonly now: () => number
}

const severity: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** Makes the log: one JSON object a line in the file (`at`, `level`, `message`, fields), and a readable line on the terminal. */
export function createLog(options: LogOptions): Log {
  const least = severity[options.level]
  return (level, message, fields = {}) => {
    if (severity[level] < least) return
    const at = new Date(options.now()).toISOString()
    const json = JSON.stringify({ at, level, message, ...fields })
    options.file.append(json)
    options.print?.(options.format === 'json' ? json : textLine(at, level, message, fields))
  }
}

/** Returns a log line for people: time, level where it is not `info`, message, then `name=value`. */
export function textLine(at: string, level: LogLevel, message: string, fields: LogFields): string {
  const rest = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => ` ${name}=${plain(value)}`)
  return `${at.slice(11, 23)} ${level === 'info' ? '' : `${level.toUpperCase()} `}${message}${rest.join('')}`
}

// A value with a space or a control character stands in quotes, so that nobody can write a line of their own.
function plain(value: unknown): string {
  const text = String(value)
  return /^[\x21-\x7e]*$/.test(text) && !text.includes('"') ? text : JSON.stringify(text)
}
