import type { Clock } from '../clock.ts'
import type { Ids } from '../ids.ts'
import type { Log } from '../log.ts'
import { pause, type Supervised, supervise } from '../supervise.ts'
import type { WebhookEndpoint } from './endpoint.ts'
import { EndpointQueue } from './endpoint-queue.ts'
import type { Outbox } from './outbox.ts'
import type { Poster } from './post.ts'
import { secretMark } from './secrets.ts'
import type { HmacSha256 } from './sign.ts'
import type { WebhookStore } from './webhook-store.ts'

/** What those who deliver work with. */
export interface WorkerParts {
  readonly store: WebhookStore
  readonly outbox: Outbox
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  /** The endpoint of that id as it is configured now. */
  readonly endpoint: (id: string) => WebhookEndpoint | undefined
  /** Asked for at the first delivery, so that a gateway without webhooks does not load it. */
  readonly poster: () => Promise<Poster>
  readonly hmac: HmacSha256
  /** Whether somebody waits for a reply: a queue that drains then takes its time. */
  readonly isBusy: () => boolean
  /** 0 to 1. */
  readonly random: () => number
  /** Of the gateway. */
  readonly version: string
  /** A request and its answer in all. */
  readonly timeoutMs: number
}

const dayMs = 24 * 60 * 60 * 1000
const deliveredKeptMs = 3 * dayMs
const deadKeptMs = 30 * dayMs
const sweepMs = 10 * 60 * 1000
const sweepOnMs = 1_000
const failingMs = 10 * 60 * 1000
const stopMs = 5_000

interface RunningQueue {
  readonly queue: EndpointQueue
  readonly supervised: Supervised
  readonly stop: AbortController
}

/**
 * Delivers events: a supervised queue for each configured endpoint, so that one that hangs or fails holds up no other, and a sweep that
 * removes what is old.
 */
export class DeliveryWorker {
  readonly #parts: WorkerParts
  readonly #configured: () => readonly WebhookEndpoint[]
  readonly #queues = new Map<string, RunningQueue>()
  readonly #ending = new Set<Promise<void>>()
  readonly #stop = new AbortController()
  readonly #listening: Disposable
  #sweep: Supervised | undefined

  constructor(parts: Omit<WorkerParts, 'endpoint'>, configured: () => readonly WebhookEndpoint[]) {
    this.#configured = configured
    this.#parts = { ...parts, endpoint: (id) => configured().find((endpoint) => endpoint.id === id) }
    this.#listening = parts.outbox.onCommitted((endpoint) => this.#queues.get(endpoint)?.queue.wake())
  }

  /** Gives back what a crash left claimed, and begins. To be called once; no other process may deliver from the same store. */
  async start(): Promise<void> {
    const { store, clock, log } = this.#parts
    if (this.#configured().length > 0) await store.outbox.release(clock.now())
    this.sync()
    const sweep = (signal: AbortSignal): Promise<void> => this.#sweepUntil(signal)
    this.#sweep = supervise('The sweep of old webhook deliveries', sweep, this.#stop.signal, log)
  }

  /** Takes the endpoints as they are configured now: new ones begin, removed ones stop, the others look anew. */
  sync(): void {
    if (this.#stop.signal.aborted) return
    const configured = this.#configured()
    for (const [id, running] of this.#queues) {
      if (configured.some((endpoint) => endpoint.id === id)) running.queue.wake()
      else this.#end(id, running)
    }
    for (const endpoint of configured) {
      if (endpoint.secret === null) {
        this.#parts.log('warn', 'webhook endpoint without a secret is not signed', { endpoint: endpoint.id })
      }
      if (!this.#queues.has(endpoint.id)) this.#begin(endpoint.id)
    }
    this.#notePreviousSecrets(configured)
  }

  /** What is wrong, in sentences, or undefined where all is well. */
  sentence(): string | undefined {
    const now = this.#parts.clock.now()
    const sentences = [...this.#queues.values()].map(({ queue, supervised }) => {
      const { disabledReason, failingSince } = queue.state
      if (disabledReason !== null && disabledReason !== 'by_hand') {
        return `The webhook endpoint ${queue.id} is disabled (${disabledReason}). Mend the receiver, then: openclaw webhook enable ${queue.id}`
      }
      const isFailing = failingSince !== null && now - failingSince > failingMs
      return (
        supervised.sentence() ??
        (isFailing
          ? `The webhook endpoint ${queue.id} has only failed since ${new Date(failingSince).toISOString()}. Look: openclaw webhook deliveries --endpoint ${queue.id}`
          : undefined)
      )
    })
    const told = [...sentences, this.#sweep?.sentence()].filter((each) => each !== undefined)
    return told.length === 0 ? undefined : told.join(' ')
  }

  /** Aborts what is in flight, gives it back, and resolves when nothing is left, after five seconds at the latest. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]()
    this.#stop.abort()
    for (const [id, running] of this.#queues) this.#end(id, running)
    const ended = Promise.all([...this.#ending, this.#sweep?.ended])
    const late = new AbortController()
    await Promise.race([ended, pause(stopMs, late.signal)])
    late.abort()
  }

  #begin(id: string): void {
    const queue = new EndpointQueue(id, this.#parts)
    const stop = new AbortController()
    const name = `The delivery to webhook endpoint ${id}`
    const supervised = supervise(name, (signal) => queue.run(signal), stop.signal, this.#parts.log)
    this.#queues.set(id, { queue, supervised, stop })
  }

  #end(id: string, { supervised, stop }: RunningQueue): void {
    this.#queues.delete(id)
    stop.abort()
    const ending = supervised.ended.finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
  }

  #notePreviousSecrets(configured: readonly WebhookEndpoint[]): void {
    const { store, clock, hmac, log } = this.#parts
    for (const { id, previousSecret } of configured) {
      if (previousSecret === null) continue
      store.endpoints.notePreviousSecret(id, secretMark(previousSecret, hmac), clock.now()).catch(() => {
        log('warn', 'rotation of a webhook secret not noted', { endpoint: id })
      })
    }
  }

  async #sweepUntil(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#parts
    while (!signal.aborted) {
      const at = clock.now()
      const limits = { deliveredBefore: at - deliveredKeptMs, deadBefore: at - deadKeptMs, at }
      const swept = await store.deliveries.prune(limits)
      await pause(swept > 0 ? sweepOnMs : sweepMs, signal)
    }
  }
}
