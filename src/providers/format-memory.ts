import { hash } from 'node:crypto'
import type { ProviderTurn } from '../domain/models/provider.ts'

interface Entry<Means> {
  readonly means: Means
  readonly until: number
}

const keptMs = 3_600_000
const entriesMax = 256

/**
 * By what means a model has taken a form after it had refused a better one: for an hour, at most 256 of a provider, so that not every turn
 * pays for the refusal again. By the form too, since a refusal is often about that one schema.
 */
export class FormatMemory<Means> {
  // The oldest first.
  readonly #entries = new Map<string, Entry<Means>>()
  readonly #now: () => number

  /** `now` counts milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  recall(turn: ProviderTurn): Means | undefined {
    if (this.#entries.size === 0 || turn.responseFormat === undefined) return undefined
    const key = keyOf(turn)
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.until > this.#now()) return entry?.means
    this.#entries.delete(key)
    return undefined
  }

  learn(turn: ProviderTurn, means: Means): void {
    const key = keyOf(turn)
    this.#entries.delete(key)
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < entriesMax) break
      this.#entries.delete(oldest)
    }
    this.#entries.set(key, { means, until: this.#now() + keptMs })
  }
}

function keyOf({ model, responseFormat }: ProviderTurn): string {
  return hash('sha256', JSON.stringify([model, responseFormat?.schema]))
}
