import type {
  Attempt,
  Delivery,
  DeliveryStatus,
  DeliveryStore,
  ListDeliveries,
} from '../domain/webhooks/webhook-store.ts'
import { recorded } from './audit-chain.ts'
import { integer, integerOrNull, oneOf, text, textOrNull } from './row.ts'
import { BatchRefusal, type Query, type Reader, type Row, type Statement, type Writer } from './statement.ts'

const recoveredMax = 1_000
const prunedMax = 500
const attemptsMax = 100

const expired = `status = ? AND finished_at <= ?`

/** The statements about deliveries that were made. */
export const webhookDeliveryStatements = {
  replay: {
    sql: `UPDATE webhook_deliveries
      SET status = 'waiting', reason = NULL, tries = 0, due_at = ?, lease = NULL, finished_at = NULL WHERE id = ?`,
    mustChange: true,
  },
  recover: {
    sql: `UPDATE webhook_deliveries
      SET status = 'waiting', reason = NULL, tries = 0, due_at = ?, lease = NULL, finished_at = NULL
      WHERE key IN (SELECT key FROM webhook_deliveries
        WHERE status = 'dead' AND endpoint = ? AND created_at >= ? ORDER BY key LIMIT ${recoveredMax})`,
  },
  giveUpDisabled: {
    sql: `UPDATE webhook_deliveries SET status = 'dead', reason = 'endpoint_disabled', lease = NULL, finished_at = ?
      WHERE key IN (SELECT d.key FROM webhook_deliveries d
        JOIN webhook_endpoints p ON p.id = d.endpoint AND p.disabled_at IS NOT NULL
        WHERE d.status = 'waiting' AND d.lease IS NULL LIMIT ${prunedMax})`,
  },
  giveUpOld: {
    sql: `UPDATE webhook_deliveries SET status = 'dead', reason = 'too_old', lease = NULL, finished_at = ?
      WHERE key IN (SELECT key FROM webhook_deliveries
        WHERE status = 'waiting' AND created_at <= ? ORDER BY key LIMIT ${prunedMax})`,
  },
  // Events first, which takes their deliveries along; then those whose event is still wanted by another endpoint.
  removeEvents: {
    sql: `DELETE FROM webhook_events WHERE key IN (
        SELECT event_key FROM webhook_deliveries WHERE ${expired} ORDER BY finished_at LIMIT ${prunedMax})
      AND NOT EXISTS (SELECT 1 FROM webhook_deliveries
        WHERE event_key = webhook_events.key AND (finished_at IS NULL OR NOT (${expired})))`,
  },
  removeDeliveries: {
    sql: `DELETE FROM webhook_deliveries WHERE key IN (
      SELECT key FROM webhook_deliveries WHERE ${expired} ORDER BY finished_at LIMIT ${prunedMax})`,
  },
} as const satisfies Record<string, Statement>

const columns = `d.key, d.id, e.id AS event_id, d.event, d.endpoint, d.status, d.reason, d.created_at, d.due_at`
const from = `webhook_deliveries d JOIN webhook_events e ON e.key = d.event_key`

/** Returns the verbs about deliveries over one reader and one writer. */
export function deliveryStore(reader: Reader, writer: Writer): DeliveryStore {
  const statements = webhookDeliveryStatements
  const find = reader.prepare(`SELECT ${columns} FROM ${from} WHERE d.id = ?`)
  const page = pageQueries(reader)
  const attempts = reader.prepare(
    `SELECT id, at, status, error, duration_ms, answer FROM webhook_attempts
     WHERE delivery_key = ? ORDER BY key DESC LIMIT ${attemptsMax}`,
  )
  const whole = (row: Row): Delivery =>
    toDelivery(row, attempts.all(integer(row, 'key')).map(toAttempt).reverse())
  return {
    async list(query) {
      return page(query).map(whole)
    },
    async find(id) {
      const row = find.get(id)
      return row && whole(row)
    },
    async replay(id, at, audit) {
      try {
        return (await writer.write([...recorded(audit), [statements.replay, at, id]])) > 0
      } catch (error) {
        if (error instanceof BatchRefusal && error.reason === 'missing') return false
        throw error
      }
    },
    recover: (endpoint, since, at, audit) =>
      writer.write([...recorded(audit), [statements.recover, at, endpoint, since]]),
    async prune({ deliveredBefore, deadBefore, at }) {
      const remove = async (status: DeliveryStatus, before: number): Promise<number> =>
        (await writer.write([[statements.removeEvents, status, before, status, before]])) +
        (await writer.write([[statements.removeDeliveries, status, before]]))
      return (
        (await writer.write([[statements.giveUpDisabled, at]])) +
        (await writer.write([[statements.giveUpOld, at, deadBefore]])) +
        (await remove('delivered', deliveredBefore)) +
        (await remove('dead', deadBefore))
      )
    },
  }
}

// Each shape is a statement of its own, so that an index of a status can serve it.
function pageQueries(reader: Reader): (query: ListDeliveries) => readonly Row[] {
  const queries = new Map<string, Query>()
  const shapes = [undefined, ...statuses].flatMap((status) =>
    [true, false].flatMap((byEndpoint) => [true, false].map((byEvent) => ({ status, byEndpoint, byEvent }))),
  )
  for (const { status, byEndpoint, byEvent } of shapes) {
    const where = [
      'd.key < ?',
      ...(status === undefined ? [] : [`d.status = '${status}'`]),
      ...(byEndpoint ? ['d.endpoint = ?'] : []),
      ...(byEvent ? ['d.event = ?'] : []),
    ]
    queries.set(
      `${status} ${byEndpoint} ${byEvent}`,
      reader.prepare(
        `SELECT ${columns} FROM ${from} WHERE ${where.join(' AND ')} ORDER BY d.key DESC LIMIT ?`,
      ),
    )
  }
  return ({ status, endpoint, event, limit, beforeKey = Number.MAX_SAFE_INTEGER }) => {
    const query = queries.get(`${status} ${endpoint !== undefined} ${event !== undefined}`)
    const filters = [endpoint, event].filter((each) => each !== undefined)
    return query?.all(beforeKey, ...filters, limit) ?? []
  }
}

function toDelivery(row: Row, attempts: readonly Attempt[]): Delivery {
  const status = oneOf(row, 'status', statuses)
  return {
    key: integer(row, 'key'),
    id: text(row, 'id'),
    eventId: text(row, 'event_id'),
    event: text(row, 'event'),
    endpoint: text(row, 'endpoint'),
    status,
    reason: textOrNull(row, 'reason'),
    attempts,
    createdAt: integer(row, 'created_at'),
    nextAttemptAt: status === 'waiting' ? integer(row, 'due_at') : null,
  }
}

function toAttempt(row: Row): Attempt {
  return {
    id: text(row, 'id'),
    at: integer(row, 'at'),
    status: integerOrNull(row, 'status'),
    error: textOrNull(row, 'error'),
    durationMs: integer(row, 'duration_ms'),
    answer: textOrNull(row, 'answer'),
  }
}

const statuses = ['waiting', 'delivered', 'dead'] as const
