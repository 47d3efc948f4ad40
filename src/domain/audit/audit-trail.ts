import type { Clock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { AuditStore } from '../store.ts'
import { type AuditActor, type AuditEntry, auditAction } from './record.ts'
import { type Metered, type MeteredOutcome, RefusalMeter } from './refusal-meter.ts'

/** What the trail works with. */
export interface TrailParts {
  readonly store: Pick<AuditStore, 'append'>
  readonly clock: Clock
  readonly log: Log
}

// A commit costs what thirty records cost: what comes within this time shares one.
const gatherMs = 10
const batchMax = 1_000
const waitingMax = 10_000
const retryMs = 1_000
const minuteMs = 60_000
const gateway: AuditActor = { type: 'worker', id: null, name: 'audit' }

/**
 * Appends records without anybody waiting for them: within some milliseconds while the store is well. While it is not, up to 10,000
 * wait in memory; what comes beyond is counted, and the count recorded when the store is well again.
 */
export class AuditTrail {
  readonly #parts: TrailParts
  readonly #meter = new RefusalMeter()
  readonly #minute: ReturnType<typeof setInterval>
  #waiting: AuditEntry[] = []
  #writing: Promise<void> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #lastWriteAt = Number.NEGATIVE_INFINITY
  #isTroubled = false
  #isClosed = false
  #appended = 0
  #written = 0
  #lost = 0
  readonly #onStored: (count: number) => void

  /** `onStored` is told of all records that this process has stored, those of turns too. */
  constructor(parts: TrailParts, onStored: (count: number) => void) {
    this.#parts = parts
    this.#onStored = onStored
    this.#minute = setInterval(() => this.#drainMeter(), minuteMs)
    this.#minute.unref()
  }

  /** Queues a record. */
  append(entry: AuditEntry): void {
    if (this.#waiting.length >= waitingMax) {
      this.#lost++
      return
    }
    if (this.#isClosed) {
      this.#parts.log('error', 'audit records lost', { count: 1 })
      return
    }
    this.#appended++
    this.#waiting.push(entry)
    this.#schedule()
  }

  /** True where a call that may be one of many gets a record of its own; where not it is counted. */
  admits(who: Metered, outcome: MeteredOutcome): boolean {
    return this.#meter.admits(who, outcome)
  }

  /** Writes what waits now, since a turn is about to write too: both go in one commit. */
  join(): void {
    if (!this.#isTroubled) void this.#write()
  }

  /** A turn has stored its record with its reply. */
  storedWithTurn(): void {
    this.#onStored(1)
  }

  /** Resolves when what was appended before is stored, or could not be. */
  async settled(): Promise<void> {
    const appended = this.#appended
    while (this.#written < appended && !this.#isTroubled) await this.#write()
  }

  /** Stores what is left, counts too. What cannot be stored is logged as lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#minute)
    this.#drainMeter()
    this.#isTroubled = false
    await this.settled()
    this.#isClosed = true
    clearTimeout(this.#timer)
    const lost = this.#waiting.length + this.#lost
    if (lost > 0) this.#parts.log('error', 'audit records lost', { count: lost })
    this.#waiting = []
  }

  #schedule(): void {
    if (this.#timer || this.#writing) return
    const dueMs = this.#isTroubled ? retryMs : gatherMs
    const waitMs = Math.max(0, this.#lastWriteAt + dueMs - this.#parts.clock.monotonic())
    this.#timer = setTimeout(() => void this.#write(), waitMs)
    this.#timer.unref()
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#writing) return this.#writing
    if (this.#waiting.length === 0) return Promise.resolve()
    this.#lastWriteAt = this.#parts.clock.monotonic()
    const batch = this.#waiting.splice(0, batchMax)
    this.#writing = this.#parts.store
      .append(batch)
      .then(
        () => this.#wrote(batch.length),
        (error: unknown) => this.#failed(batch, error),
      )
      .finally(() => {
        this.#writing = undefined
        if (this.#waiting.length > 0) this.#schedule()
      })
    return this.#writing
  }

  #wrote(count: number): void {
    this.#written += count
    this.#isTroubled = false
    this.#onStored(count)
    if (this.#lost === 0) return
    const lost = auditAction('records.lost', {
      at: this.#parts.clock.now(),
      actor: gateway,
      count: this.#lost,
    })
    this.#parts.log('error', 'audit records lost', { count: this.#lost })
    this.#lost = 0
    this.append(lost)
  }

  #failed(batch: readonly AuditEntry[], error: unknown): void {
    this.#waiting.unshift(...batch)
    if (this.#isTroubled) return
    this.#isTroubled = true
    const code = error instanceof GatewayError ? error.code : 'internal_error'
    this.#parts.log('error', 'audit records not stored yet', { error: code, waiting: this.#waiting.length })
  }

  #drainMeter(): void {
    for (const entry of this.#meter.drain(this.#parts.clock.now())) this.append(entry)
  }
}
