import type { ClaimedDelivery, OutboxStore, SettledAttempt } from '../domain/webhooks/webhook-store.ts'
import { recorded } from './audit-chain.ts'
import { integer, text } from './row.ts'
import type { Operation, Reader, Row, Statement, Writer } from './statement.ts'
import { disableOperation } from './webhook-endpoints.ts'
import { eventOperations } from './webhook-events.ts'

/** The statements of those who deliver. */
export const webhookOutboxStatements = {
  claim: {
    sql: `UPDATE webhook_deliveries SET lease = ?, due_at = ? WHERE key IN (
      SELECT key FROM webhook_deliveries WHERE endpoint = ? AND status = 'waiting' AND due_at <= ?
        AND NOT EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ? AND disabled_at IS NOT NULL)
      ORDER BY due_at, key LIMIT ?)`,
  },
  releaseOne: {
    sql: "UPDATE webhook_deliveries SET lease = NULL, due_at = ? WHERE lease = ? AND status = 'waiting'",
  },
  releaseAll: {
    sql: "UPDATE webhook_deliveries SET lease = NULL, due_at = ? WHERE lease IS NOT NULL AND status = 'waiting'",
  },
  insertAttempt: {
    sql: `INSERT INTO webhook_attempts (id, delivery_key, at, status, error, duration_ms, answer)
      VALUES (?, ?, ?, ?, ?, ?, ?)`,
  },
  settle: {
    sql: `UPDATE webhook_deliveries
      SET status = ?, reason = ?, tries = tries + 1, due_at = ?, lease = NULL, finished_at = ? WHERE key = ?`,
  },
  noteFailure: {
    sql: `INSERT INTO webhook_endpoints (id, failing_since) VALUES (?, ?)
      ON CONFLICT (id) DO UPDATE
      SET failing_since = COALESCE(webhook_endpoints.failing_since, excluded.failing_since)`,
  },
  noteSuccess: {
    sql: 'UPDATE webhook_endpoints SET failing_since = NULL WHERE id = ? AND failing_since IS NOT NULL',
  },
} as const satisfies Record<string, Statement>

/** Returns the verbs of those who deliver, over one reader and one writer. */
export function outboxStore(reader: Reader, writer: Writer): OutboxStore {
  const statements = webhookOutboxStatements
  const due = reader.prepare(
    `SELECT MIN(due_at) AS due_at FROM webhook_deliveries WHERE endpoint = ? AND status = 'waiting'
       AND NOT EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ? AND disabled_at IS NOT NULL)`,
  )
  const leased = reader.prepare(
    `SELECT d.key, d.event_key, e.id AS event_id, d.event, d.tries
     FROM webhook_deliveries d JOIN webhook_events e ON e.key = d.event_key
     WHERE d.lease = ? ORDER BY d.key`,
  )
  const payload = reader.prepare('SELECT payload FROM webhook_events WHERE key = ?')
  return {
    async append(events, audit) {
      if (events.length > 0) await writer.write([...recorded(audit), ...eventOperations(events)])
    },
    async nextDue(endpoint) {
      const row = due.get(endpoint, endpoint)
      return row === undefined || row.due_at === null ? undefined : integer(row, 'due_at')
    },
    async claimDue({ endpoint, lease, now, leasedUntil, limit }) {
      const count = await writer.write([
        [statements.claim, lease, leasedUntil, endpoint, now, endpoint, limit],
      ])
      return count === 0 ? [] : leased.all(lease).map(toClaimed)
    },
    async payload(eventKey) {
      const row = payload.get(eventKey)
      return row && text(row, 'payload')
    },
    async settle(settled) {
      await writer.write(settleOperations(settled))
    },
    release: (at, lease) =>
      writer.write([lease === undefined ? [statements.releaseAll, at] : [statements.releaseOne, at, lease]]),
  }
}

function settleOperations({
  deliveryKey,
  endpoint,
  attempt,
  next,
  disable,
}: SettledAttempt): readonly Operation[] {
  const { id, at, status, error, durationMs, answer } = attempt
  const { settle, insertAttempt, noteFailure, noteSuccess } = webhookOutboxStatements
  const endedAt = at + durationMs
  return [
    [insertAttempt, id, deliveryKey, at, status, error, durationMs, answer],
    error === null ? [noteSuccess, endpoint] : [noteFailure, endpoint, at],
    ...(disable
      ? [disableOperation(endpoint, disable.reason, endedAt), ...eventOperations(disable.events)]
      : []),
    [
      settle,
      next.status,
      next.status === 'dead' ? next.reason : null,
      next.status === 'waiting' ? next.dueAt : endedAt,
      next.status === 'waiting' ? null : endedAt,
      deliveryKey,
    ],
  ]
}

function toClaimed(row: Row): ClaimedDelivery {
  return {
    key: integer(row, 'key'),
    eventKey: integer(row, 'event_key'),
    eventId: text(row, 'event_id'),
    event: text(row, 'event'),
    tries: integer(row, 'tries'),
  }
}
