import { GatewayError } from '../errors.ts'
import type { UsageGrouping } from './usage-store.ts'

/** What is asked for, in the words of a person or a query. */
export interface UsageWords {
  /** A day, a time, or how long ago: `2026-11-01`, `2026-11-01T12:00:00Z`, `7d`. */
  readonly from?: string
  /** The same; a day counts to its end. */
  readonly to?: string
  /** `day`, `model`, `token` or `metadata.` and a name. */
  readonly groupBy?: string
}

/** Which turns are summed up, and by what; from `from` on and before `to`, in milliseconds since the epoch. */
export interface UsageQuery {
  readonly from: number
  readonly to: number
  readonly grouping: UsageGrouping
}

const dayMs = 86_400_000
const daysByDefault = 30
const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: dayMs }
const metadataNameMax = 64

/** Reads a query: the last 30 days in UTC, today included, by day, unless told otherwise. Throws `invalid_request` with `details.field`. */
export function parseUsageQuery({ from, to, groupBy = 'day' }: UsageWords, now: number): UsageQuery {
  const grouping = parseGrouping(groupBy)
  // What happens in this millisecond is part of it.
  const end = to === undefined ? now + 1 : parseTime('to', to, now, dayMs)
  const lastDay = Math.floor((end - 1) / dayMs)
  const start = from === undefined ? (lastDay - daysByDefault + 1) * dayMs : parseTime('from', from, now, 0)
  if (start < end) return { from: start, to: end, grouping }
  const message = `from is not before to: ${iso(start)} and ${iso(end)}.`
  throw new GatewayError('invalid_request', message, { details: { field: 'from' } })
}

function parseGrouping(text: string): UsageGrouping {
  if (text === 'day' || text === 'model' || text === 'token') return { by: text }
  const name = text.startsWith('metadata.') ? text.slice('metadata.'.length) : ''
  if (name !== '' && name.length <= metadataNameMax) return { by: 'metadata', name }
  throw invalid('groupBy', text, 'day, model, token, or metadata. and a name, such as metadata.customer')
}

function parseTime(field: string, text: string, now: number, afterDay: number): number {
  const [, amount, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const factor = unitMs[unit ?? '']
  if (factor !== undefined) return now - Number(amount) * factor
  if (isDay(text)) return Date.parse(text) + afterDay
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/.test(text)
  const at = isTime ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) {
    throw invalid(
      field,
      text,
      'a day such as 2026-11-01, a time such as 2026-11-01T10:30:00Z, or 7d, 12h, 30m ago',
    )
  }
  return at
}

// `Date` takes February 30th for March 2nd.
function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const at = Date.parse(text)
  return !Number.isNaN(at) && iso(at).startsWith(text)
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

function invalid(field: string, found: string, expected: string): GatewayError {
  const message = `${field} is ${JSON.stringify(found.slice(0, 100))}; expected ${expected}.`
  return new GatewayError('invalid_request', message, { details: { field } })
}
