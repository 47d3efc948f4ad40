import { GatewayError } from '../errors.ts'
import { getDelivery, unknownDelivery } from './list-deliveries.ts'
import { findEndpoint, type WebhookParts, webhookRecord } from './webhook-parts.ts'
import type { Delivery } from './webhook-store.ts'

const recoverStepsMax = 100

/**
 * Delivers the same event once more, with the same `webhook-id` and with all attempts before it, whatever became of it. Throws
 * `not_found`, and `conflict` where the endpoint is disabled.
 */
export async function replayDelivery(parts: WebhookParts, id: string): Promise<Delivery> {
  const { endpoint } = await getDelivery(parts, id)
  await refuseDisabled(parts, endpoint)
  const audit = webhookRecord('replayed', parts, id)
  if (!(await parts.store.deliveries.replay(id, parts.clock.now(), audit))) return unknownDelivery(id)
  parts.outbox.wake(endpoint)
  return await getDelivery(parts, id)
}

/**
 * Delivers everything of an endpoint that is dead and was made since then, at most 100,000 deliveries. Resolves to how many. Throws
 * `not_found`, and `conflict` where the endpoint is disabled.
 */
export async function recoverEndpoint(
  parts: WebhookParts,
  { id, since }: { readonly id: string; readonly since: number },
): Promise<number> {
  await refuseDisabled(parts, id)
  let recovered = 0
  for (let step = 0; step < recoverStepsMax; step++) {
    const audit = step === 0 ? webhookRecord('recovered', parts, id) : undefined
    const more = await parts.store.deliveries.recover(id, since, parts.clock.now(), audit)
    if (more === 0) break
    recovered += more
    parts.outbox.wake(id)
  }
  return recovered
}

/** Throws `not_found` where no such endpoint is configured, `conflict` where it is disabled. */
export async function refuseDisabled(parts: WebhookParts, id: string): Promise<void> {
  findEndpoint(parts, id)
  const state = await parts.store.endpoints.find(id)
  if (typeof state?.disabledAt !== 'number') return
  throw new GatewayError(
    'conflict',
    `The webhook endpoint ${id} is disabled (${state.disabledReason}). Enable it first: openclaw webhook enable ${id}`,
  )
}
