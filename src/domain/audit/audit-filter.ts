import { GatewayError } from '../errors.ts'

/** Which records are asked for. */
export interface AuditFilter {
  /** The name or the id of a token, or of another actor. */
  readonly actor?: string
  /** Both ends included. */
  readonly status?: { readonly from: number; readonly to: number }
  /** Milliseconds since the epoch. */
  readonly since?: number
}

/** A filter in the words of a person or a query. */
export interface AuditFilterWords {
  readonly token?: string
  readonly status?: string
  readonly since?: string
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Reads a filter. Throws `invalid_request` with `details.field` for a status or a time that is none. */
export function parseAuditFilter({ token, status, since }: AuditFilterWords, now: number): AuditFilter {
  return {
    ...(token === undefined ? {} : { actor: token }),
    ...(status === undefined ? {} : { status: parseStatus(status) }),
    ...(since === undefined ? {} : { since: parseSince(since, now) }),
  }
}

function parseStatus(text: string): { readonly from: number; readonly to: number } {
  const digits = /^([1-5])(\d\d|xx)$/i.exec(text)
  if (!digits) throw invalid('status', text, 'a status such as 404, or a class such as 4xx')
  const [, hundreds, rest = ''] = digits
  const first = Number(hundreds) * 100
  if (/x/i.test(rest)) return { from: first, to: first + 99 }
  return { from: first + Number(rest), to: first + Number(rest) }
}

function parseSince(text: string, now: number): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const factor = unitMs[unit ?? '']
  const isDate = /^\d{4}-\d\d-\d\d/.test(text)
  const at = factor === undefined ? (isDate ? Date.parse(text) : Number.NaN) : now - Number(amount) * factor
  if (Number.isNaN(at)) throw invalid('since', text, '30m, 1h, 2d or a time such as 2026-04-09T10:30:00Z')
  return at
}

function invalid(field: string, found: string, expected: string): GatewayError {
  const message = `${field} is ${JSON.stringify(found.slice(0, 64))}; expected ${expected}.`
  return new GatewayError('invalid_request', message, { details: { field } })
}
