import type { EndpointState, EndpointStore } from '../domain/webhooks/webhook-store.ts'
import { recorded } from './audit-chain.ts'
import { integer, integerOrNull, text, textOrNull } from './row.ts'
import type { Operation, Reader, Row, Statement, Writer } from './statement.ts'

/** The statements about endpoints. */
export const webhookEndpointStatements = {
  disable: {
    sql: `INSERT INTO webhook_endpoints (id, disabled_at, disabled_reason) VALUES (?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET disabled_at = excluded.disabled_at, disabled_reason = excluded.disabled_reason
      WHERE webhook_endpoints.disabled_at IS NULL`,
  },
  enable: {
    sql: `UPDATE webhook_endpoints
      SET disabled_at = NULL, disabled_reason = NULL, failing_since = NULL WHERE id = ?`,
  },
  notePreviousSecret: {
    sql: `INSERT INTO webhook_endpoints (id, previous_secret, previous_secret_since) VALUES (?, ?, ?)
      ON CONFLICT (id) DO UPDATE
      SET previous_secret = excluded.previous_secret, previous_secret_since = excluded.previous_secret_since
      WHERE webhook_endpoints.previous_secret IS NULL
        OR webhook_endpoints.previous_secret <> excluded.previous_secret`,
  },
} as const satisfies Record<string, Statement>

/** Returns the operation that disables an endpoint; one that is disabled already keeps its reason. */
export function disableOperation(id: string, reason: string, at: number): Operation {
  return [webhookEndpointStatements.disable, id, at, reason]
}

/** Returns the verbs about endpoints over one reader and one writer. */
export function endpointStore(reader: Reader, writer: Writer): EndpointStore {
  const statements = webhookEndpointStatements
  const find = reader.prepare(
    `SELECT id, disabled_at, disabled_reason, failing_since, previous_secret, previous_secret_since
     FROM webhook_endpoints WHERE id = ?`,
  )
  const waiting = reader.prepare(
    `SELECT COUNT(*) AS waiting FROM (
       SELECT 1 FROM webhook_deliveries WHERE endpoint = ? AND status = 'waiting' LIMIT ?) AS some`,
  )
  return {
    async find(id) {
      const row = find.get(id)
      return row && toState(row)
    },
    async waiting(id, max) {
      const row = waiting.get(id, max)
      return row ? integer(row, 'waiting') : 0
    },
    async enable(id, audit) {
      await writer.write([...recorded(audit), [statements.enable, id]])
    },
    async disable(id, reason, at, audit) {
      await writer.write([...recorded(audit), disableOperation(id, reason, at)])
    },
    async notePreviousSecret(id, mark, at) {
      await writer.write([[statements.notePreviousSecret, id, mark, at]])
    },
  }
}

function toState(row: Row): EndpointState {
  return {
    id: text(row, 'id'),
    disabledAt: integerOrNull(row, 'disabled_at'),
    disabledReason: textOrNull(row, 'disabled_reason'),
    failingSince: integerOrNull(row, 'failing_since'),
    previousSecret: textOrNull(row, 'previous_secret'),
    previousSecretSince: integerOrNull(row, 'previous_secret_since'),
  }
}
