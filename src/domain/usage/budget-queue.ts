import type { BudgetAccount, Hold, TurnEstimate } from './budget-account.ts'

interface Waiter {
  readonly estimate: TurnEstimate
  readonly admitted: PromiseWithResolvers<Hold | 'used_up' | 'held'>
}

const waitMs = 20_000
const waitersMax = 1_000

/** The turns that wait for what others hold of a budget, in the order in which they came. */
export class BudgetQueue {
  readonly #account: BudgetAccount
  readonly #waiters = new Set<Waiter>()

  constructor(account: BudgetAccount) {
    this.#account = account
  }

  /**
   * Resolves to what is held for a turn, at once where nobody waits and there is room; to `used_up` as soon as nothing is left, and to
   * `held` where twenty seconds pass or a thousand wait already. Rejects with the signal's reason.
   */
  async admit(estimate: TurnEstimate, signal: AbortSignal): Promise<Hold | 'used_up' | 'held'> {
    const isQueued = this.#waiters.size > 0 && !this.#account.isUsedUp
    const admission = isQueued ? 'wait' : this.#account.admit(estimate)
    if (admission !== 'wait') return admission
    return this.#waiters.size < waitersMax ? await this.#wait(estimate, signal) : 'held'
  }

  /** Lets in who there is room for now. */
  advance(): void {
    for (const waiter of this.#waiters) {
      const admission = this.#account.admit(waiter.estimate)
      if (admission === 'wait') return
      this.#waiters.delete(waiter)
      waiter.admitted.resolve(admission)
    }
  }

  async #wait(estimate: TurnEstimate, signal: AbortSignal): Promise<Hold | 'used_up' | 'held'> {
    const waiter: Waiter = { estimate, admitted: Promise.withResolvers() }
    const onAbort = (): void => {
      this.#waiters.delete(waiter)
      waiter.admitted.reject(signal.reason)
    }
    const onLate = (): void => {
      this.#waiters.delete(waiter)
      waiter.admitted.resolve('held')
    }
    const timer = setTimeout(onLate, waitMs)
    signal.addEventListener('abort', onAbort, { once: true })
    this.#waiters.add(waiter)
    if (signal.aborted) onAbort()
    try {
      return await waiter.admitted.promise
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
  }
}
