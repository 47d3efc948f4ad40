import type { Clock } from '../clock.ts'
import type { Ids } from '../ids.ts'
import type { EventValue } from './canonical-json.ts'
import { type EventName, listensTo, type WebhookEndpoint } from './endpoint.ts'
import { eventPayload } from './sign.ts'
import type { OutgoingEvent } from './webhook-store.ts'

/** What an event tells. */
export type EventData = { readonly [name: string]: EventValue | undefined }

/** What an outbox is made of. */
export interface OutboxParts {
  readonly clock: Clock
  readonly ids: Ids
  /** Those that are configured now. */
  readonly endpoints: () => readonly WebhookEndpoint[]
}

/** Makes the events that are written with what causes them, and tells the worker when they are there. */
export class Outbox {
  readonly #parts: OutboxParts
  readonly #listeners = new Set<(endpoint: string) => void>()

  constructor(parts: OutboxParts) {
    this.#parts = parts
  }

  /**
   * Returns an event with a delivery for each endpoint that wants it, or none where nobody does; `data` is asked for only then. `except`
   * is an endpoint that is not told.
   */
  prepare(
    event: EventName,
    data: (timestamp: string) => EventData,
    except?: string,
  ): readonly OutgoingEvent[] {
    const endpoints = this.#parts.endpoints()
    if (endpoints.length === 0) return []
    const told = endpoints.filter((endpoint) => endpoint.id !== except && listensTo(endpoint, event))
    return told.length === 0 ? [] : [this.#make(event, data, told)]
  }

  /** Returns an event for one endpoint alone, whatever it listens to. */
  prepareFor(endpoint: string, event: EventName, data: (timestamp: string) => EventData): OutgoingEvent {
    return this.#make(event, data, [{ id: endpoint }])
  }

  /** Says that events are durable: those who deliver are woken at once. */
  committed(events: readonly OutgoingEvent[]): void {
    for (const { deliveries } of events) for (const { endpoint } of deliveries) this.wake(endpoint)
  }

  /** Says that something may be due for an endpoint. */
  wake(endpoint: string): void {
    for (const listener of this.#listeners) listener(endpoint)
  }

  /** Calls `wake` with the id of an endpoint that has something to be delivered, until the result is disposed of. */
  onCommitted(wake: (endpoint: string) => void): Disposable {
    this.#listeners.add(wake)
    return { [Symbol.dispose]: () => void this.#listeners.delete(wake) }
  }

  #make(
    event: EventName,
    data: (timestamp: string) => EventData,
    told: readonly { readonly id: string }[],
  ): OutgoingEvent {
    const { clock, ids } = this.#parts
    const at = clock.now()
    const timestamp = new Date(at).toISOString()
    const id = ids.next('evt')
    return {
      id,
      event,
      at,
      payload: eventPayload({ id, event, timestamp, data: data(timestamp) }),
      deliveries: told.map((endpoint) => ({ id: ids.next('whd'), endpoint: endpoint.id })),
    }
  }
}
