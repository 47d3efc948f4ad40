import type { Log, LogLevel } from '../domain/log.ts'
import { logLine } from '../domain/log-line.ts'
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
    // A person who watches knows the day.
    options.print?.(options.format === 'json' ? json : logLine(at.slice(11, 23), level, message, fields))
  }
}
