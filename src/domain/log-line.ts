import type { LogFields, LogLevel } from './log.ts'

/** Returns a log line for people: time, level where it is not `info`, message, then `name=value`. */
export function logLine(at: string, level: LogLevel, message: string, fields: LogFields): string {
  const rest = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => ` ${name}=${plain(value)}`)
  return `${at} ${level === 'info' ? '' : `${level.toUpperCase()} `}${message}${rest.join('')}`
}

/** Returns JSON with every character that a terminal obeys or hides, and that JSON leaves as it is, as `\u` and four digits. */
export function visibleJson(json: string): string {
  if (/^[\x20-\x7e]*$/.test(json)) return json
  return json.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, i) => escaped(character.charCodeAt(i))).join(''),
  )
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`
}

// A value with a space or a control character stands in quotes, so that nobody can write a line of their own.
function plain(value: unknown): string {
  const text = String(value)
  return /^[\x21-\x7e]*$/.test(text) && !text.includes('"') ? text : visibleJson(JSON.stringify(text))
}
