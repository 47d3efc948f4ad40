import type { IncomingHttpHeaders } from 'node:http'

/** What a caller is told to wait where the provider names no time. */
export const retryAfterSecondsDefault = 5
const secondsMax = 24 * 60 * 60

/**
 * Returns the milliseconds, at most a day, after which a provider wants to be asked again: `retry-after-ms`, or `retry-after` in seconds
 * or as a date (RFC 9110, 10.2.3). Undefined where it tells none. A date is measured against the answer's own `date`, since clocks differ.
 */
export function retryAfterMsOf(headers: IncomingHttpHeaders): number | undefined {
  const ms = Number(headers['retry-after-ms'] ?? Number.NaN)
  const seconds = Number.isFinite(ms) ? ms / 1000 : secondsOf(headers['retry-after'], headers.date)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, secondsMax) * 1000 : undefined
}

/** Returns the same as whole seconds, at least 1; 5 where the provider tells none. */
export function retryAfterSecondsOf(headers: IncomingHttpHeaders): number {
  const ms = retryAfterMsOf(headers)
  return ms === undefined ? retryAfterSecondsDefault : Math.max(Math.ceil(ms / 1000), 1)
}

function secondsOf(value: string | undefined, answeredAt: string | undefined): number {
  if (value === undefined || value.trim() === '') return Number.NaN
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return seconds
  const now = Date.parse(answeredAt ?? '') || Date.now()
  return (Date.parse(value) - now) / 1000
}
