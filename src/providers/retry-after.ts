import type { IncomingHttpHeaders } from 'node:http'

const defaultSeconds = 5
const secondsMax = 24 * 60 * 60

/**
 * Returns the whole seconds, 1 to 86,400, after which a provider wants to be asked again: `retry-after-ms`, or `retry-after` in
 * seconds or as a date (RFC 9110, 10.2.3), else 5. A date is measured against the answer's own `date`, since clocks differ.
 */
export function retryAfterSecondsOf(headers: IncomingHttpHeaders): number {
  const ms = Number(headers['retry-after-ms'] ?? Number.NaN)
  const seconds = Number.isFinite(ms) ? ms / 1000 : secondsOf(headers['retry-after'], headers.date)
  if (!Number.isFinite(seconds) || seconds < 0) return defaultSeconds
  return Math.min(Math.max(Math.ceil(seconds), 1), secondsMax)
}

function secondsOf(value: string | undefined, answeredAt: string | undefined): number {
  if (value === undefined || value.trim() === '') return Number.NaN
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return seconds
  const now = Date.parse(answeredAt ?? '') || Date.now()
  return (Date.parse(value) - now) / 1000
}
