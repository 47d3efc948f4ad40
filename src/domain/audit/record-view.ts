import type { AuditRecord, AuditUsage } from './record.ts'

/** A record as the API and `openclaw audit list --json` give it. */
export interface AuditView {
  readonly sequence: number
  /** ISO 8601 in UTC. */
  readonly at: string
  readonly actor: AuditRecord['actor']
  readonly action: string | null
  readonly target: string | null
  readonly method: string | null
  readonly route: string | null
  readonly status: number | null
  readonly error: string | null
  readonly ip: string | null
  readonly requestId: string | null
  readonly usage: AuditUsage | null
  readonly count: number
}

/** A record with all that its hash is made of, and the hash. */
export interface AuditExport extends AuditView {
  readonly countedAt: string | null
  readonly hash: string
}

/** Returns a record as the API gives it. */
export function auditView(record: AuditRecord): AuditView {
  const { sequence, at, actor, action, target, method, route, status, error, ip, requestId, usage, count } =
    record
  return {
    sequence,
    at: iso(at),
    actor,
    action,
    target,
    method,
    route,
    status,
    error,
    ip,
    requestId,
    usage,
    count,
  }
}

/** Returns a record as it is exported. */
export function auditExport(record: AuditRecord): AuditExport {
  const { countedAt, hash } = record
  return { ...auditView(record), countedAt: countedAt === null ? null : iso(countedAt), hash }
}

const timeMax = 8.64e15

// What somebody wrote over a time may be none.
function iso(ms: number): string {
  return new Date(Math.max(-timeMax, Math.min(timeMax, ms))).toISOString()
}
