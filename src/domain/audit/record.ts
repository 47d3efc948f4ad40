/** Who acted, as the audit names them. `stranger` is whoever showed no good token. */
export interface AuditActor {
  readonly type: 'token' | 'stranger' | 'channel' | 'cli' | 'worker'
  readonly id: string | null
  readonly name: string | null
}

/** What is recorded beside the calls of the API. `requests.summed` stands for many calls, `records.lost` for what could not be stored. */
export type AuditAction =
  | 'token.created'
  | 'token.rotated'
  | 'token.revoked'
  | 'config.reloaded'
  | 'prompt.flagged'
  | 'pairing.approved'
  | 'pairing.revoked'
  | 'webhook.enabled'
  | 'webhook.disabled'
  | 'webhook.replayed'
  | 'webhook.recovered'
  | 'webhook.tested'
  | 'conversations.removed'
  | 'requests.summed'
  | 'records.lost'

/** What a turn used. */
export interface AuditUsage {
  readonly model: string
  readonly inputTokens: number
  readonly outputTokens: number
}

/** One thing to be recorded. It never holds a text that a caller chose, but its request id, which is at most 128 harmless characters. */
export interface AuditEntry {
  /** When its outcome was known, in milliseconds since the epoch. */
  readonly at: number
  readonly actor: AuditActor
  /** Null for a call of the API. */
  readonly action: AuditAction | null
  /** The id of what an action changed. */
  readonly target: string | null
  readonly method: string | null
  /** The route's pattern, such as `/api/v1/conversations/:id`, or `unknown`. */
  readonly route: string | null
  readonly status: number | null
  readonly error: string | null
  readonly ip: string | null
  readonly requestId: string | null
  readonly usage: AuditUsage | null
  /** When the request was taken from its limits, or null where it was taken from none. */
  readonly countedAt: number | null
  /** How many calls or things it stands for. */
  readonly count: number
}

/** A link of the chain as the store holds it. Its fields are what stands there, whoever wrote it. */
export interface AuditLink {
  /** Counts from 1 without a gap. */
  readonly sequence: number
  /** In the order of {@link fieldsOf}. */
  readonly fields: readonly unknown[]
  /** SHA-256 of the hash before it and of the record, 64 lower-case hex digits. */
  readonly hash: string
}

/** A record for people and programs to read. */
export interface AuditRecord extends Omit<AuditEntry, 'actor' | 'action'> {
  readonly sequence: number
  readonly hash: string
  readonly actor: { readonly type: string; readonly id: string | null; readonly name: string | null }
  readonly action: string | null
}

/** What a field of a record holds. */
export type AuditField = string | number | null

/** Returns an entry about something that is no call of the API. */
export function auditAction(
  action: AuditAction,
  input: {
    readonly at: number
    readonly actor: AuditActor
    readonly target?: string
    readonly count?: number
  },
): AuditEntry {
  const { at, actor, target = null, count = 1 } = input
  return { ...nothing, at, actor, action, target, count }
}

const nothing = {
  action: null,
  target: null,
  method: null,
  route: null,
  status: null,
  error: null,
  ip: null,
  requestId: null,
  usage: null,
  countedAt: null,
} as const

/** Returns an entry's fields in the order in which they are hashed and stored. */
export function fieldsOf(entry: AuditEntry): readonly AuditField[] {
  const { actor, usage } = entry
  return [
    entry.at,
    actor.type,
    actor.id,
    actor.name,
    entry.action,
    entry.target,
    entry.method,
    entry.route,
    entry.status,
    entry.error,
    entry.ip,
    entry.requestId,
    usage === null ? null : usage.model,
    usage === null ? null : usage.inputTokens,
    usage === null ? null : usage.outputTokens,
    entry.countedAt,
    entry.count,
  ]
}

/** Returns a link as a record. A field that holds what it never should reads as null. */
export function recordOf({ sequence, fields, hash }: AuditLink): AuditRecord {
  const model = text(fields[12])
  return {
    sequence,
    hash,
    at: number(fields[0]) ?? 0,
    actor: { type: text(fields[1]) ?? 'unknown', id: text(fields[2]), name: text(fields[3]) },
    action: text(fields[4]),
    target: text(fields[5]),
    method: text(fields[6]),
    route: text(fields[7]),
    status: number(fields[8]),
    error: text(fields[9]),
    ip: text(fields[10]),
    requestId: text(fields[11]),
    usage:
      model === null
        ? null
        : { model, inputTokens: number(fields[13]) ?? 0, outputTokens: number(fields[14]) ?? 0 },
    countedAt: number(fields[15]),
    count: number(fields[16]) ?? 1,
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
