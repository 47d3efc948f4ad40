import { GatewayError } from '../errors.ts'

const waitingMax = 16

interface Turnstile {
  waiting: number
  tail: Promise<void>
}

/** Lets the turns of one conversation run one after another, in the order in which they came. */
export class ConversationLocks {
  readonly #turnstiles = new Map<string, Turnstile>()

  /**
   * Resolves when all earlier turns of that conversation have ended, to the function that lets the next one in. Throws `overloaded`
   * where 16 wait already or `waitMs` pass, and the signal's reason where it aborts first.
   */
  async acquire(conversationId: string, waitMs: number, signal: AbortSignal): Promise<() => void> {
    const turnstile = this.#turnstiles.get(conversationId) ?? { waiting: 0, tail: Promise.resolve() }
    if (turnstile.waiting > waitingMax) {
      throw new GatewayError(
        'overloaded',
        `${waitingMax} messages wait already in conversation ${JSON.stringify(conversationId)}. Wait for their replies before you send more.`,
        { retryAfterSeconds: 5 },
      )
    }
    this.#turnstiles.set(conversationId, turnstile)
    turnstile.waiting++
    const before = turnstile.tail
    let open = (): void => undefined
    turnstile.tail = new Promise<void>((resolve) => {
      open = resolve
    })
    const release = (): void => {
      turnstile.waiting--
      if (turnstile.waiting === 0) this.#turnstiles.delete(conversationId)
      open()
    }
    try {
      await inTime(before, waitMs, signal)
    } catch (error) {
      // Who gives up hands its place on only when its own turn would have come, so that the order holds.
      void before.then(release)
      throw error
    }
    return release
  }
}

function inTime(promise: Promise<void>, waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      end()
    }
    const abort = settle(() => reject(signal.reason))
    const timer = setTimeout(
      settle(() => reject(stillBusy(waitMs))),
      waitMs,
    )
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    void promise.then(settle(resolve))
  })
}

function stillBusy(waitMs: number): GatewayError {
  return new GatewayError(
    'overloaded',
    `The conversation was still busy with earlier messages after ${waitMs / 1000} seconds. Try again when their replies are there.`,
    { retryAfterSeconds: 5 },
  )
}
