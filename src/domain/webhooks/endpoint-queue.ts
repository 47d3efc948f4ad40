import { pause } from '../supervise.ts'
import type { WorkerParts } from './delivery-worker.ts'
import type { WebhookEndpoint } from './endpoint.ts'
import { isSuccess, outcomeOf } from './outcome.ts'
import type { Posted } from './post.ts'
import { validPreviousSecrets } from './secrets.ts'
import { deliveryHeaders, signPayload } from './sign.ts'
import type { ClaimedDelivery, EndpointState } from './webhook-store.ts'

const inFlightMax = 5
const settlingMax = 64
const pageRows = 50
// Results are written together, so that a chat's commit seldom has to wait for one of theirs.
const settleMs = 20
// Between two deliveries while somebody waits for a reply: some 400 a second, a tenth of the event loop.
const politeMs = 2
const pollMs = 2_000
// Longer than a page can take where every answer comes at the last moment: those still unsent then are left to the next claim.
const leaseMs = 180_000

/** Delivers to one endpoint: its own queue, at most five requests in flight, nothing shared with other endpoints but the store. */
export class EndpointQueue {
  readonly id: string
  readonly #parts: WorkerParts
  readonly #running = new Set<Promise<void>>()
  readonly #settling = new Set<Promise<void>>()
  /** Leases by name, with how many of their deliveries have no result yet. */
  readonly #leases = new Map<string, number>()
  #progress = Promise.withResolvers<void>()
  #nextWrite: Promise<void> | undefined
  #state: EndpointState | undefined
  #failingSince: number | null = null
  #isDisabled = false
  #disabledReason: string | null = null
  #failure: { readonly error: unknown } | undefined
  #woken = false
  #wake: (() => void) | undefined

  constructor(id: string, parts: WorkerParts) {
    this.id = id
    this.#parts = parts
  }

  /** What is wrong with the endpoint as far as is known here. */
  get state(): { readonly disabledReason: string | null; readonly failingSince: number | null } {
    return { disabledReason: this.#disabledReason, failingSince: this.#failingSince }
  }

  /** Says that something may be due. */
  wake(): void {
    this.#woken = true
    this.#wake?.()
  }

  /** Delivers until the signal aborts; then it aborts what is in flight and gives all of it back. Rejects where the store fails. */
  async run(signal: AbortSignal): Promise<void> {
    this.#failure = undefined
    const onAbort = (): void => this.wake()
    signal.addEventListener('abort', onAbort)
    try {
      while (!signal.aborted) {
        await this.#whileFull(signal)
        // What disables it must be stored before it is looked up again.
        if (this.#isDisabled) await this.#quiet()
        this.#throwFailure()
        await this.#readState()
        const due = await this.#parts.store.outbox.nextDue(this.id)
        const waitMs = due === undefined ? pollMs : Math.min(pollMs, due - this.#parts.clock.now())
        if (waitMs > 0) await this.#sleep(waitMs)
        else await this.#deliverPage(signal)
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      await this.#quiet()
      await this.#giveBack()
    }
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }

  async #readState(): Promise<void> {
    this.#state = await this.#parts.store.endpoints.find(this.id)
    this.#failingSince = this.#state?.failingSince ?? null
    this.#isDisabled = typeof this.#state?.disabledAt === 'number'
    this.#disabledReason = this.#state?.disabledReason ?? null
  }

  async #deliverPage(signal: AbortSignal): Promise<void> {
    const { store, clock, ids } = this.#parts
    const lease = ids.next('dlv')
    const now = clock.now()
    const leasedUntil = now + leaseMs
    const claim = { endpoint: this.id, lease, now, leasedUntil, limit: pageRows }
    const page = await store.outbox.claimDue(claim)
    if (page.length === 0) return
    this.#leases.set(lease, page.length)
    const areAllStarted = await this.#startAll(page, lease, leasedUntil, signal)
    if (areAllStarted) return
    await this.#quiet()
    await this.#giveBack()
  }

  async #startAll(
    page: readonly ClaimedDelivery[],
    lease: string,
    leasedUntil: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock, timeoutMs } = this.#parts
    for (const delivery of page) {
      if (this.#parts.isBusy()) await pause(politeMs, signal)
      await this.#whileFull(signal)
      const endpoint = this.#parts.endpoint(this.id)
      const isLate = clock.now() + timeoutMs >= leasedUntil
      if (signal.aborted || this.#failure || this.#isDisabled || isLate || !endpoint) return false
      this.#start(delivery, lease, endpoint, signal)
    }
    return true
  }

  #start(delivery: ClaimedDelivery, lease: string, endpoint: WebhookEndpoint, signal: AbortSignal): void {
    const settled = (): void => this.#settled(lease)
    this.#track(this.#running, this.#attempt(delivery, endpoint, settled, signal), signal)
  }

  #track(set: Set<Promise<void>>, work: Promise<void>, signal?: AbortSignal): void {
    const tracked = work
      .catch((error: unknown) => {
        if (signal?.aborted !== true) this.#failure = { error }
      })
      .finally(() => {
        set.delete(tracked)
        this.#progress.resolve()
        this.#progress = Promise.withResolvers()
      })
    set.add(tracked)
  }

  #settled(lease: string): void {
    const left = (this.#leases.get(lease) ?? 0) - 1
    if (left > 0) this.#leases.set(lease, left)
    else this.#leases.delete(lease)
  }

  async #whileFull(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (this.#running.size >= inFlightMax || this.#settling.size >= settlingMax)) {
      await this.#progress.promise
    }
  }

  async #quiet(): Promise<void> {
    while (this.#running.size + this.#settling.size > 0) await this.#progress.promise
  }

  // What was claimed and has no result is due again at once, not only when its lease ends.
  async #giveBack(): Promise<void> {
    const { store, clock, log } = this.#parts
    for (const lease of this.#leases.keys()) {
      this.#leases.delete(lease)
      await store.outbox.release(clock.now(), lease).catch(() => {
        log('warn', 'webhook lease not given back', { endpoint: this.id })
      })
    }
  }

  async #attempt(
    delivery: ClaimedDelivery,
    endpoint: WebhookEndpoint,
    settled: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, clock, ids, hmac, version, poster, timeoutMs } = this.#parts
    const payload = await store.outbox.payload(delivery.eventKey)
    if (payload === undefined) return
    const at = clock.now()
    const startedAt = clock.monotonic()
    const attemptId = ids.next('dlv')
    const body = signPayload(payload, endpoint.secret, hmac)
    const headers = deliveryHeaders(
      {
        eventId: delivery.eventId,
        event: delivery.event,
        deliveryId: attemptId,
        at: Math.floor(at / 1000),
        body,
        secret: endpoint.secret,
        previousSecrets: validPreviousSecrets(endpoint, this.#state, at, hmac),
        version,
      },
      hmac,
    )
    const { url, allowPrivateNetwork } = endpoint
    const sender = await poster()
    const posted = await sender.post({ url, headers, body, allowPrivateNetwork }, timeoutMs, signal)
    const durationMs = Math.round(clock.monotonic() - startedAt)
    const settling = this.#settle(delivery, endpoint, { id: attemptId, at, durationMs }, posted)
    this.#track(this.#settling, settling.then(settled))
  }

  // The slot is free as soon as the answer is there: the disk is waited for beside the next request.
  async #settle(
    delivery: ClaimedDelivery,
    { retry }: WebhookEndpoint,
    { id, at, durationMs }: { readonly id: string; readonly at: number; readonly durationMs: number },
    posted: Posted,
  ): Promise<void> {
    const { store, outbox, random } = this.#parts
    this.#failingSince = isSuccess(posted) ? null : (this.#failingSince ?? at)
    const { error, next, disable } = outcomeOf({
      posted,
      event: delivery.event,
      retry,
      tries: delivery.tries + 1,
      failingSince: this.#failingSince,
      endedAt: at + durationMs,
      random: random(),
    })
    const disables = disable !== null && !this.#isDisabled
    const events = disables ? this.#disabled(disable) : []
    await this.#together()
    await store.outbox.settle({
      deliveryKey: delivery.key,
      endpoint: this.id,
      attempt: { id, at, status: posted.status, error, durationMs, answer: posted.answer },
      next,
      ...(disables ? { disable: { reason: disable, events } } : {}),
    })
    outbox.committed(events)
    if (next.status === 'waiting' || disables) this.wake()
  }

  #together(): Promise<void> {
    this.#nextWrite ??= new Promise((resolve) => {
      setTimeout(() => {
        this.#nextWrite = undefined
        resolve()
      }, settleMs)
    })
    return this.#nextWrite
  }

  #disabled(reason: 'gone' | 'failing') {
    this.#isDisabled = true
    this.#disabledReason = reason
    this.#parts.log('warn', 'webhook endpoint disabled', { endpoint: this.id, reason })
    return this.#parts.outbox.prepare(
      'webhook.disabled',
      (timestamp) => ({ endpoint: this.id, reason, timestamp }),
      this.id,
    )
  }

  async #sleep(ms: number): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#wake = undefined
    }
    this.#woken = false
  }
}
