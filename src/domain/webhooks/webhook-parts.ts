import { type AuditActor, type AuditEntry, auditAction } from '../audit/record.ts'
import type { Clock } from '../clock.ts'
import type { Context } from '../context.ts'
import { GatewayError } from '../errors.ts'
import type { WebhookEndpoint } from './endpoint.ts'
import type { Outbox } from './outbox.ts'
import type { WebhookStore } from './webhook-store.ts'

/** What the verbs about webhooks work with, in a gateway and in a command beside one. */
export interface WebhookParts {
  readonly store: WebhookStore
  readonly outbox: Outbox
  readonly clock: Clock
  readonly endpoints: () => readonly WebhookEndpoint[]
  /** Who acts at the command line. A call of the API is recorded as such, and so leaves it out. */
  readonly actor?: AuditActor
}

/** Returns the record of a change, to be written with it, or undefined where the change is a call of the API. */
export function webhookRecord(
  action: 'enabled' | 'disabled' | 'replayed' | 'recovered' | 'tested',
  { clock, actor }: WebhookParts,
  target: string,
): AuditEntry | undefined {
  return actor && auditAction(`webhook.${action}`, { at: clock.now(), actor, target })
}

/** Returns what the verbs about webhooks need of a context. */
export function webhookParts({ parts }: Context): WebhookParts {
  const { store, outbox, clock, settings } = parts
  return { store: store.webhooks, outbox, clock, endpoints: () => settings().webhooks.endpoints }
}

/** Returns the configured endpoint of that id. Throws `not_found` with the ids that there are. */
export function findEndpoint({ endpoints }: WebhookParts, id: string): WebhookEndpoint {
  const found = endpoints().find((endpoint) => endpoint.id === id)
  if (found) return found
  const known = endpoints().map((endpoint) => endpoint.id)
  throw new GatewayError(
    'not_found',
    known.length === 0
      ? 'No webhook endpoint is configured: add one under api.webhooks.outgoing.'
      : `There is no webhook endpoint ${JSON.stringify(id)}. There are: ${known.slice(0, 10).join(', ')}.`,
  )
}
