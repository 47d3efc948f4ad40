import { GatewayError } from '../errors.ts'

const waitingMax = 16

/** Lets the turns of one conversation run one after another, in the order in which they came. */
export class ConversationLocks {
  // A conversation stands here while its turn runs; its waiters in the order in which they came.
  readonly #waiters = new Map<string, Set<() => void>>()

  /** How many conversations have a turn that runs. */
  get size(): number {
    return this.#waiters.size
  }

  /** Whether a turn of that conversation runs. */
  isHeld(conversationId: string): boolean {
    return this.#waiters.has(conversationId)
  }

  /**
   * Resolves when all earlier turns of that conversation have ended, to the function that lets the next one in. Throws `overloaded`
   * where 16 wait already or `waitMs` pass, and the signal's reason where it aborts first; then nothing is held.
   */
  async acquire(conversationId: string, waitMs: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    const waiters = this.#waiters.get(conversationId)
    if (waiters === undefined) this.#waiters.set(conversationId, new Set())
    else if (waiters.size < waitingMax) await wait(waiters, waitMs, signal)
    else throw tooMany(conversationId)
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      this.#release(conversationId)
    }
  }

  #release(conversationId: string): void {
    const waiters = this.#waiters.get(conversationId)
    const [next] = waiters ?? []
    if (next) next()
    else this.#waiters.delete(conversationId)
  }
}

function wait(waiters: Set<() => void>, waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => (): void => {
      waiters.delete(enter)
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      end()
    }
    const enter = settle(resolve)
    const abort = settle(() => reject(signal.reason))
    const timer = setTimeout(
      settle(() => reject(stillBusy(waitMs))),
      waitMs,
    )
    waiters.add(enter)
    signal.addEventListener('abort', abort, { once: true })
  })
}

function tooMany(conversationId: string): GatewayError {
  return new GatewayError(
    'overloaded',
    `${waitingMax} messages wait already in conversation ${JSON.stringify(conversationId)}. Wait for their replies before you send more.`,
    { retryAfterSeconds: 5 },
  )
}

function stillBusy(waitMs: number): GatewayError {
  return new GatewayError(
    'overloaded',
    `The conversation was still busy with earlier messages after ${Math.round(waitMs / 1000)} seconds. Try again when their replies are there.`,
    { retryAfterSeconds: 5 },
  )
}
