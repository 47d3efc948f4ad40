import type { TestContext } from 'node:test'

/** A timer as code under test sees it. */
class VirtualTimer {
  readonly #start: () => void
  readonly #callback: () => void

  constructor(start: (timer: VirtualTimer) => void, callback: () => void) {
    this.#start = () => start(this)
    this.#callback = callback
    this.#start()
  }

  /** Starts the wait anew, also where it is over, as Node's own does. */
  refresh(): this {
    this.#start()
    return this
  }

  unref(): this {
    return this
  }

  fire(): void {
    this.#callback()
  }
}

/**
 * Puts a time of the test's own in the place of `setTimeout` and `clearTimeout` until the test ends. Unlike the mock timers of
 * `node:test` it knows `refresh`, and tells how many timers still wait.
 */
export class VirtualTimers {
  readonly #dueAt = new Map<VirtualTimer, number>()
  #now = 0

  constructor(t: TestContext) {
    t.mock.method(globalThis, 'setTimeout', (callback: () => void, ms = 0) => {
      return new VirtualTimer((timer) => this.#dueAt.set(timer, this.#now + ms), callback)
    })
    t.mock.method(globalThis, 'clearTimeout', (timer: VirtualTimer | undefined) => {
      if (timer !== undefined) this.#dueAt.delete(timer)
    })
  }

  /** How many timers were started and have neither fired nor been cleared. */
  get pending(): number {
    return this.#dueAt.size
  }

  /** Lets time pass, and fires what falls due in its order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#nextUntil(end); next !== undefined; next = this.#nextUntil(end)) {
      const [timer, dueAt] = next
      this.#now = dueAt
      this.#dueAt.delete(timer)
      timer.fire()
    }
    this.#now = end
  }

  #nextUntil(end: number): [VirtualTimer, number] | undefined {
    const due = [...this.#dueAt].filter(([, dueAt]) => dueAt <= end)
    return due.sort(([, a], [, b]) => a - b)[0]
  }
}
