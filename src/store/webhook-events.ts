import type { OutgoingEvent } from '../domain/webhooks/webhook-store.ts'
import type { Operation, Statement } from './statement.ts'

/** The statements that write events. */
export const webhookEventStatements = {
  insertEvent: { sql: 'INSERT INTO webhook_events (id, event, created_at, payload) VALUES (?, ?, ?, ?)' },
  // What happens while an endpoint is disabled is dead at once, so that a recovery finds it.
  insertDelivery: {
    sql: `INSERT INTO webhook_deliveries
      (id, event_key, event, endpoint, status, reason, tries, due_at, created_at, finished_at)
      SELECT ?, e.key, e.event, ?,
        CASE WHEN p.disabled_at IS NULL THEN 'waiting' ELSE 'dead' END,
        CASE WHEN p.disabled_at IS NULL THEN NULL ELSE 'endpoint_disabled' END,
        0, e.created_at, e.created_at,
        CASE WHEN p.disabled_at IS NULL THEN NULL ELSE e.created_at END
      FROM webhook_events e LEFT JOIN webhook_endpoints p ON p.id = ? WHERE e.id = ?`,
    mustChange: true,
  },
} as const satisfies Record<string, Statement>

/** Returns the operations that write events with their deliveries, none where there are none. */
export function eventOperations(events: readonly OutgoingEvent[] = []): readonly Operation[] {
  return events.flatMap(({ id, event, at, payload, deliveries }): readonly Operation[] => [
    [webhookEventStatements.insertEvent, id, event, at, payload],
    ...deliveries.map(
      (delivery): Operation => [
        webhookEventStatements.insertDelivery,
        delivery.id,
        delivery.endpoint,
        delivery.endpoint,
        id,
      ],
    ),
  ])
}
