import type { Clock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { AuditStore } from '../store.ts'
import { pruneAudit } from './prune-audit.ts'
import { type AuditSigner, makeSeal, sealLine } from './seal.ts'

/** What the keeper works with. */
export interface KeeperParts {
  readonly store: AuditStore
  readonly signer: AuditSigner
  readonly clock: Clock
  readonly log: Log
  readonly retentionDays: () => number
}

const recordsPerCheckpoint = 1_000
const checkpointMs = 300_000
const pruneMs = 3_600_000
const firstPruneMs = 60_000
const dayMs = 86_400_000

/** Looks after the chain in the background: checkpoints every 1,000 records or 5 minutes, and hourly removal of what is too old. */
export class AuditKeeper {
  readonly #parts: KeeperParts
  readonly #timers: readonly ReturnType<typeof setTimeout>[]
  readonly #closing = new AbortController()
  #unsealed = 0
  #sealing: Promise<void> | undefined
  #pruning: Promise<void> | undefined

  constructor(parts: KeeperParts) {
    this.#parts = parts
    this.#timers = [
      setInterval(() => void this.#seal(), checkpointMs),
      setTimeout(() => this.#prune(), firstPruneMs),
      setInterval(() => this.#prune(), pruneMs),
    ]
    for (const timer of this.#timers) timer.unref()
  }

  /** So many records were stored. */
  stored(count: number): void {
    this.#unsealed += count
    if (this.#unsealed >= recordsPerCheckpoint) void this.#seal()
  }

  /** Ends the background work with a last checkpoint. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#closing.abort()
    await this.#pruning
    await this.#sealing
    await this.#seal()
  }

  #seal(): Promise<void> {
    this.#sealing ??= this.#trySeal().finally(() => {
      this.#sealing = undefined
    })
    return this.#sealing
  }

  // A checkpoint that cannot be made is made later; the chain itself goes on.
  async #trySeal(): Promise<void> {
    this.#unsealed = 0
    try {
      await checkpointAudit(this.#parts)
    } catch (error) {
      this.#parts.log('error', 'audit checkpoint not made', { sentence: sentenceOf(error) })
    }
  }

  #prune(): void {
    const before = this.#parts.clock.now() - this.#parts.retentionDays() * dayMs
    this.#pruning ??= pruneAudit(this.#parts, before, this.#closing.signal)
      .then(
        (removed) => {
          if (removed > 0) this.#parts.log('info', 'old audit records removed', { count: removed })
        },
        (error: unknown) => this.#parts.log('error', 'audit not pruned', { sentence: sentenceOf(error) }),
      )
      .finally(() => {
        this.#pruning = undefined
      })
  }
}

/** Signs where the chain stands now, unless the last checkpoint says it already. Resolves to whether there is a new one. */
export async function checkpointAudit(
  parts: Pick<KeeperParts, 'store' | 'signer' | 'clock'>,
): Promise<boolean> {
  const { head, lastCheckpoint } = await parts.store.state()
  if (head.sequence === 0 || lastCheckpoint?.sequence === head.sequence) return false
  const checkpoint = makeSeal(parts.signer, { type: 'checkpoint', ...head, at: parts.clock.now() })
  await parts.store.seal(checkpoint)
  parts.signer.publish(sealLine(checkpoint))
  return true
}

function sentenceOf(error: unknown): string {
  return error instanceof GatewayError ? error.message : 'unexpected'
}
