import type { Log, LogLevel } from '../domain/log.ts'
import { logLine, visibleJson } from '../domain/log-line.ts'
import type { LogFile } from './log-file.ts'

/** Where log lines go. */
export interface LogOptions {
  /** The least severity that is written, and what is printed: text for people, or the JSON of the file. Read at each line. */
  readonly settings: () => { readonly level: LogLevel; readonly format: 'text' | 'json' }
  readonly file: LogFile
  /** Takes a line for the terminal; absent where nobody watches. */
  readonly print?: (line: string) => void
  readonly now: () => number
}

const severity: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** Makes the log: one JSON object a line in the file (`at`, `level`, `message`, fields), and a readable line on the terminal. */
export function createLog(options: LogOptions): Log {
  return (level, message, fields = {}) => {
    const { level: least, format } = options.settings()
    if (severity[level] < severity[least]) return
    const at = new Date(options.now()).toISOString()
    const json = visibleJson(JSON.stringify({ at, level, message, ...fields }))
    options.file.append(json)
    // A person who watches knows the day.
    options.print?.(format === 'json' ? json : logLine(at.slice(11, 23), level, message, fields))
  }
}
