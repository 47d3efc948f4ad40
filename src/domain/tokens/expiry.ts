import { GatewayError } from '../errors.ts'

const hourMs = 3_600_000
const unitMs = new Map([
  ['m', 60_000],
  ['h', hourMs],
  ['d', 24 * hourMs],
  ['w', 7 * 24 * hourMs],
])
const yearsMax = 10
const longestMs = yearsMax * 366 * 24 * hourMs

/**
 * Returns when a token expires, in milliseconds since the epoch, or null for never. Takes `30d` (also `m`, `h`, `w`), `never`, or an
 * ISO 8601 date or time, where a date alone is its first moment in UTC. Throws `invalid_request` for anything else, for the past, and
 * beyond ten years.
 */
export function expiryFrom(text: string, now: number): number | null {
  if (text === 'never') return null
  const expiresAt = fromDuration(text, now) ?? fromDate(text)
  if (expiresAt === undefined) {
    throw invalid(
      `${JSON.stringify(text.slice(0, 40))} is no time to expire. Write 30d, 12h, never, or a date such as 2026-12-31.`,
    )
  }
  if (expiresAt <= now) throw invalid('That time to expire is past already.')
  if (expiresAt > now + longestMs)
    throw invalid(`That is more than ${yearsMax} years away. Write never for a token that does not expire.`)
  return expiresAt
}

function fromDuration(text: string, now: number): number | undefined {
  const match = /^(\d{1,6})([mhdw])$/.exec(text)
  const unit = unitMs.get(match?.[2] ?? '')
  return unit === undefined ? undefined : now + Number(match?.[1]) * unit
}

// Date.parse rolls over: it takes February 30th for March 2nd.
function fromDate(text: string): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/.exec(
    text,
  )
  const ms = Date.parse(text)
  if (match === null || Number.isNaN(ms)) return undefined
  const day = new Date(`${match[1]}T00:00:00Z`)
  return match[1] === day.toISOString().slice(0, 10) ? ms : undefined
}

function invalid(message: string): GatewayError {
  return new GatewayError('invalid_request', message, { details: { field: 'expires' } })
}
