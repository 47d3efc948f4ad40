import type { ModelProvider } from './provider.ts'

/** How a provider stands: `due` is one whose cool-down is over and that has not answered since. */
export type Standing = 'well' | 'cooling' | 'due'

interface Trouble {
  /** Turns in a row that failed there. */
  failedTurns: number
  /** Milliseconds of the cool-down that runs or ran last; 0 before the first one. */
  coolMs: number
  /** On the monotonic clock. */
  coolUntil: number
  /** Whether a turn is trying it again now. */
  isTried: boolean
}

const failedTurnsMax = 5
const coolMsFirst = 30_000
const coolMsMax = 300_000

/**
 * Which providers cool down: 30 s after five turns in a row failed there, twice as long each time that the one turn which then tries it
 * fails too, at most five minutes. A success ends it. Times are those of the monotonic clock.
 */
export class ProviderHealth {
  // By the provider itself: one that the config made anew begins anew.
  readonly #troubles = new WeakMap<ModelProvider, Trouble>()

  standing(provider: ModelProvider, now: number): Standing {
    const trouble = this.#troubles.get(provider)
    if (trouble === undefined || trouble.coolMs === 0) return 'well'
    return now < trouble.coolUntil ? 'cooling' : 'due'
  }

  /** Takes the one place of those who try a provider again after its cool-down. False where it is taken, or where there is none to take. */
  tryAgain(provider: ModelProvider, now: number): boolean {
    const trouble = this.#troubles.get(provider)
    if (trouble === undefined || trouble.isTried || this.standing(provider, now) !== 'due') return false
    trouble.isTried = true
    return true
  }

  /** Gives the place back, for a turn that ended without telling how the provider is. */
  leave(provider: ModelProvider): void {
    const trouble = this.#troubles.get(provider)
    if (trouble !== undefined) trouble.isTried = false
  }

  /** Notes a turn that failed there, its retries included. Returns the milliseconds of the cool-down that this begins, or 0. */
  failed(provider: ModelProvider, now: number): number {
    let trouble = this.#troubles.get(provider)
    if (trouble === undefined) {
      trouble = { failedTurns: 0, coolMs: 0, coolUntil: 0, isTried: false }
      this.#troubles.set(provider, trouble)
    }
    trouble.failedTurns++
    // Turns that were under way when it began, or had nobody else to ask, do not make it longer.
    if (trouble.failedTurns < failedTurnsMax || now < trouble.coolUntil) return 0
    trouble.coolMs = trouble.coolMs === 0 ? coolMsFirst : Math.min(trouble.coolMs * 2, coolMsMax)
    trouble.coolUntil = now + trouble.coolMs
    trouble.isTried = false
    return trouble.coolMs
  }

  /** Notes an answer that came to its end. */
  succeeded(provider: ModelProvider): void {
    this.#troubles.delete(provider)
  }

  /** What is to be said of a provider that cools down; undefined for any other. */
  sentence(provider: ModelProvider, now: number): string | undefined {
    const trouble = this.#troubles.get(provider)
    if (trouble === undefined || this.standing(provider, now) !== 'cooling') return undefined
    const seconds = Math.ceil((trouble.coolUntil - now) / 1000)
    return `${provider.name} failed ${trouble.failedTurns} turns in a row and is left alone for another ${seconds} s, where a fallback can answer.`
  }
}
