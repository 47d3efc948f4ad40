import { ConversationLocks } from './conversation-locks.ts'

/** Counts the turns that run, also those whose caller has left and whose end is still being stored. */
export class RunningTurns {
  /** Lets the turns of one conversation run one after another. */
  readonly locks = new ConversationLocks()
  #count = 0
  #idle: (() => void)[] = []

  get count(): number {
    return this.#count
  }

  enter(): void {
    this.#count++
  }

  leave(): void {
    this.#count--
    if (this.#count > 0) return
    const waiting = this.#idle
    this.#idle = []
    for (const resolve of waiting) resolve()
  }

  /** Resolves when no turn runs. */
  idle(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve))
  }
}
