import type { RetryPolicy } from './endpoint.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const waitMsMax = 24 * hourMs
const retryAfterMsMax = hourMs
const jitter = 0.2

// Ten attempts over 71.6 hours, as the Standard Webhooks specification proposes.
const standardWaitsMs = [
  5_000,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  14 * hourMs,
  20 * hourMs,
  20 * hourMs,
]

/**
 * Returns the milliseconds to wait after `tries` failed attempts, undefined where no attempt is left. The wait doubles up to a day, give
 * or take a fifth by `random` (0 to 1); it is no shorter than what the receiver asked for, which counts up to an hour.
 */
export function waitBeforeNext(
  policy: RetryPolicy,
  tries: number,
  random: number,
  retryAfterMs = 0,
): number | undefined {
  const waitMs = baseWait(policy, tries)
  if (waitMs === undefined) return undefined
  const spreadMs = Math.round(waitMs * (1 - jitter + 2 * jitter * random))
  return Math.max(spreadMs, Math.min(retryAfterMs, retryAfterMsMax))
}

function baseWait({ maxAttempts, backoffMs, schedule }: RetryPolicy, tries: number): number | undefined {
  if (schedule === 'standard') return standardWaitsMs[tries - 1]
  return tries < maxAttempts ? Math.min(backoffMs * 2 ** (tries - 1), waitMsMax) : undefined
}

/**
 * Returns the milliseconds that a `Retry-After` header asks for, in whole seconds or as a date (RFC 9110, 10.2.3), or undefined where it
 * says neither or lies in the past.
 */
export function retryAfterMsOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return ms > 0 ? ms : undefined
}
