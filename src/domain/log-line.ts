import type { LogFields, LogLevel } from './log.ts'

/** Returns a log line for people: time, level where it is not `info`, message, then `name=value`. */
export function logLine(at: string, level: LogLevel, message: string, fields: LogFields): string {
  const rest = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => ` ${name}=${plain(value)}`)
  return `${at} ${level === 'info' ? '' : `${level.toUpperCase()} `}${message}${rest.join('')}`
}

// A value with a space or a control character stands in quotes, so that nobody can write a line of their own.
function plain(value: unknown): string {
  const text = String(value)
  return /^[\x21-\x7e]*$/.test(text) && !text.includes('"') ? text : JSON.stringify(text)
}
