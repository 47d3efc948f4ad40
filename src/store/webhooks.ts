import type { WebhookStore } from '../domain/webhooks/webhook-store.ts'
import type { Reader, Statement, Writer } from './statement.ts'
import { deliveryStore, webhookDeliveryStatements } from './webhook-deliveries.ts'
import { endpointStore, webhookEndpointStatements } from './webhook-endpoints.ts'
import { webhookEventStatements } from './webhook-events.ts'
import { outboxStore, webhookOutboxStatements } from './webhook-outbox.ts'

/** The statements about webhooks. */
export const webhookStatements: readonly Statement[] = [
  ...Object.values(webhookEventStatements),
  ...Object.values(webhookOutboxStatements),
  ...Object.values(webhookDeliveryStatements),
  ...Object.values(webhookEndpointStatements),
]

/** Returns the verbs about webhooks over one reader and one writer. */
export function webhookStore(reader: Reader, writer: Writer): WebhookStore {
  return {
    outbox: outboxStore(reader, writer),
    deliveries: deliveryStore(reader, writer),
    endpoints: endpointStore(reader, writer),
  }
}
