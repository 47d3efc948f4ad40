import { findEndpoint, type WebhookParts, webhookRecord } from './webhook-parts.ts'

/**
 * Lets an endpoint be told again, or no more; what happens while it is disabled is kept as dead. A gateway that runs beside takes it up
 * within two seconds. Throws `not_found`.
 */
export async function switchEndpoint(
  parts: WebhookParts,
  { id, enabled }: { readonly id: string; readonly enabled: boolean },
): Promise<void> {
  findEndpoint(parts, id)
  const audit = webhookRecord(enabled ? 'enabled' : 'disabled', parts, id)
  if (enabled) await parts.store.endpoints.enable(id, audit)
  else await parts.store.endpoints.disable(id, 'by_hand', parts.clock.now(), audit)
  parts.outbox.wake(id)
}
