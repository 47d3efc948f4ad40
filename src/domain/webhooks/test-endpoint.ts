import { pause } from '../supervise.ts'
import { getDelivery } from './list-deliveries.ts'
import { refuseDisabled } from './replay-delivery.ts'
import { type WebhookParts, webhookRecord } from './webhook-parts.ts'
import type { Delivery } from './webhook-store.ts'

const pollMs = 100
const waitMs = 20_000

/**
 * Sends an event `webhook.test` to one endpoint, whatever it listens to, and waits for its one attempt, at most 20 seconds; a delivery
 * that still waits then says that nobody has tried it. Throws `not_found`, and `conflict` where the endpoint is disabled.
 */
export async function testEndpoint(parts: WebhookParts, id: string, signal: AbortSignal): Promise<Delivery> {
  await refuseDisabled(parts, id)
  const event = parts.outbox.prepareFor(id, 'webhook.test', (timestamp) => ({ endpoint: id, timestamp }))
  await parts.store.outbox.append([event], webhookRecord('tested', parts, id))
  parts.outbox.committed([event])
  const deliveryId = event.deliveries[0]?.id ?? ''
  const deadline = parts.clock.monotonic() + waitMs
  for (;;) {
    const delivery = await getDelivery(parts, deliveryId)
    const isOver = parts.clock.monotonic() >= deadline || signal.aborted
    if (delivery.status !== 'waiting' || isOver) return delivery
    await pause(pollMs, signal)
  }
}
