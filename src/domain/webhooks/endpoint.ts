/** What can happen, in the past tense. `webhook.test` is sent on request alone. */
export type EventName =
  | 'message.received'
  | 'message.sent'
  | 'conversation.created'
  | 'channel.connected'
  | 'channel.disconnected'
  | 'token.expiring'
  | 'budget.warning'
  | 'webhook.disabled'
  | 'webhook.test'

/** Who is told of events, as the configuration has it. */
export interface WebhookEndpoint {
  readonly id: string
  readonly url: string
  /** Null: nothing is signed. */
  readonly secret: string | null
  /** The secret before the last change, of use for 24 hours from when the gateway first saw it in this place. */
  readonly previousSecret: string | null
  /** Names, `message.*` or `*`. */
  readonly events: readonly string[]
  readonly retry: RetryPolicy
  readonly allowPrivateNetwork: boolean
}

/** How often and when a delivery is tried. */
export interface RetryPolicy {
  /** Attempts in all, at least 1. */
  readonly maxAttempts: number
  /** Before the second attempt; the wait doubles from then on. */
  readonly backoffMs: number
  /** `standard`: ten attempts over three days, whatever the two say. */
  readonly schedule: 'standard' | null
}

/** Whether an endpoint wants to be told of an event: by name, by `noun.*`, or by `*`. */
export function listensTo({ events }: Pick<WebhookEndpoint, 'events'>, event: EventName): boolean {
  const noun = event.slice(0, event.indexOf('.'))
  return events.some((wanted) => wanted === '*' || wanted === event || wanted === `${noun}.*`)
}
