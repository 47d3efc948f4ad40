import type { Attempt, Delivery } from './webhook-store.ts'

/** A delivery as the API and the command line show it. */
export interface DeliveryView {
  readonly id: string
  readonly eventId: string
  readonly event: string
  readonly endpoint: string
  readonly status: Delivery['status']
  readonly reason: string | null
  readonly attempts: readonly AttemptView[]
  readonly createdAt: string
  readonly nextAttemptAt: string | null
}

/** An attempt as it is shown. */
export interface AttemptView {
  readonly at: string
  readonly status: number | null
  readonly error: string | null
  readonly durationMs: number
}

/** Returns a delivery as a list shows it. */
export function deliveryView(delivery: Delivery): DeliveryView {
  return withAttempts(delivery, delivery.attempts.map(attemptView))
}

/** Returns a delivery as it is shown alone: each attempt with its id and the first 4 KiB of the answer. */
export function detailedView(delivery: Delivery): DeliveryView {
  return withAttempts(
    delivery,
    delivery.attempts.map((attempt) => ({ id: attempt.id, ...attemptView(attempt), answer: attempt.answer })),
  )
}

function withAttempts(delivery: Delivery, attempts: readonly AttemptView[]): DeliveryView {
  const { id, eventId, event, endpoint, status, reason, createdAt, nextAttemptAt } = delivery
  return {
    id,
    eventId,
    event,
    endpoint,
    status,
    reason,
    attempts,
    createdAt: new Date(createdAt).toISOString(),
    nextAttemptAt: nextAttemptAt === null ? null : new Date(nextAttemptAt).toISOString(),
  }
}

function attemptView({ at, status, error, durationMs }: Attempt): AttemptView {
  return { at: new Date(at).toISOString(), status, error, durationMs }
}
