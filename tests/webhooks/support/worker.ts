import type { Clock } from '../../../src/domain/clock.ts'
import { DeliveryWorker } from '../../../src/domain/webhooks/delivery-worker.ts'
import type { WebhookEndpoint } from '../../../src/domain/webhooks/endpoint.ts'
import { Outbox } from '../../../src/domain/webhooks/outbox.ts'
import type { Delivery, WebhookStore } from '../../../src/domain/webhooks/webhook-store.ts'
import { createPoster, type PosterOptions } from '../../../src/outgoing/post.ts'
import { hmacSha256 } from '../../../src/outgoing/webhooks.ts'
import { openTestStore, partsOver } from '../../support/domain-parts.ts'
import { eventually } from '../../support/eventually.ts'

/** A clock that runs, and that a test can put forward. */
export class ShiftedClock implements Clock {
  aheadMs = 0

  now(): number {
    return Date.now() + this.aheadMs
  }

  monotonic(): number {
    return performance.now()
  }
}

/** A worker over a real store, without a gateway. */
export interface TestWorker {
  readonly store: WebhookStore
  readonly outbox: Outbox
  readonly clock: ShiftedClock
  readonly worker: DeliveryWorker
  endpoints: readonly WebhookEndpoint[]
  /** Writes events for everybody who listens to `message.sent`, and wakes the worker. */
  send(count?: number, content?: string): Promise<void>
  /** Waits until a delivery, the newest unless told otherwise, is as wanted. */
  until(what: string, is: (delivery: Delivery) => boolean, event?: string): Promise<Delivery>
}

/** Starts a worker with endpoints; it stops with the stack. */
export async function useWorker(
  stack: AsyncDisposableStack,
  endpoints: readonly WebhookEndpoint[],
  options: PosterOptions & { readonly timeoutMs?: number; readonly isIdle?: boolean } = {},
): Promise<TestWorker> {
  const opened = await openTestStore()
  stack.defer(() => opened.close())
  const poster = createPoster(options)
  stack.defer(() => poster.close())
  const clock = new ShiftedClock()
  const { ids, log } = partsOver(opened.store, [])
  const parts = { endpoints }
  const outbox = new Outbox({ clock, ids, endpoints: () => parts.endpoints })
  const store = opened.store.webhooks
  const worker = new DeliveryWorker(
    {
      store,
      outbox,
      clock,
      ids,
      log,
      poster: async () => poster,
      hmac: hmacSha256,
      isBusy: () => false,
      random: () => 0.5,
      version: '1.2.3',
      timeoutMs: options.timeoutMs ?? 5_000,
    },
    () => parts.endpoints,
  )
  stack.use(worker)
  if (options.isIdle !== true) await worker.start()
  return {
    store,
    outbox,
    clock,
    worker,
    get endpoints() {
      return parts.endpoints
    },
    set endpoints(wanted) {
      parts.endpoints = wanted
    },
    async send(count = 1, content = 'Hello.') {
      const events = Array.from({ length: count }, (_, number) =>
        outbox.prepare('message.sent', (timestamp) => ({ content, number, timestamp })),
      ).flat()
      await store.outbox.append(events)
      outbox.committed(events)
    },
    until: (what, is, event) =>
      eventually(what, async () => {
        const rows = await store.deliveries.list({ limit: 100, ...(event === undefined ? {} : { event }) })
        return rows.find(is)
      }),
  }
}

/** An endpoint on loopback with the guide's secret, unless told otherwise. */
export function endpointAt(url: string, more: Partial<WebhookEndpoint> = {}): WebhookEndpoint {
  return {
    id: 'wh_test',
    url,
    secret: 'your-webhook-secret',
    previousSecret: null,
    events: ['*'],
    retry: { maxAttempts: 3, backoffMs: 100, schedule: null },
    allowPrivateNetwork: true,
    ...more,
  }
}
