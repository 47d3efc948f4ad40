import type { Parts } from '../context.ts'
import { pause, type Supervised, supervise } from '../supervise.ts'
import { keptMs } from './begin-once.ts'

const sweepMs = 10 * 60 * 1000
const sweepOnMs = 1_000

/** Forgets Idempotency-Keys after 24 hours, a bounded number at a time, until it is disposed of. */
export class KeyPruner implements AsyncDisposable {
  readonly #stop = new AbortController()
  readonly #loop: Supervised

  constructor(parts: Pick<Parts, 'store' | 'clock' | 'log'>) {
    const { signal } = this.#stop
    this.#loop = supervise('idempotency keys', () => pruneKeys(parts, signal), signal, parts.log)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#loop.ended
  }
}

async function pruneKeys(
  { store, clock }: Pick<Parts, 'store' | 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const removed = await store.keys.prune(clock.now() - keptMs)
    await pause(removed > 0 ? sweepOnMs : sweepMs, signal)
  }
}
