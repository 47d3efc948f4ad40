import { GatewayError } from '../domain/errors.ts'

const allTokensMin = 2_000
const retrySecondsMax = 5

/**
 * Counts open streams: so many of one token, and 2,000 of all tokens together, or as many as one token may have where that is more.
 */
export class StreamSlots {
  readonly #ofToken = new Map<string, number>()
  #open = 0
  #refused = 0

  /** How many streams are open. */
  get open(): number {
    return this.#open
  }

  /**
   * Takes a slot until it is disposed of. Throws `rate_limit_exceeded` where the token has its own number open, and `overloaded` where all
   * tokens together have theirs.
   */
  take(tokenId: string, perTokenMax: number): Disposable {
    const own = this.#ofToken.get(tokenId) ?? 0
    if (own >= perTokenMax) {
      throw new GatewayError(
        'rate_limit_exceeded',
        `This token has ${own} streams open, and may have ${perTokenMax} at a time. Wait until one ends, or close one.`,
        { retryAfterSeconds: this.#retryAfterSeconds() },
      )
    }
    if (this.#open >= Math.max(allTokensMin, perTokenMax)) {
      throw new GatewayError('overloaded', 'Too many streams are open here. Try again in a moment.', {
        retryAfterSeconds: this.#retryAfterSeconds(),
      })
    }
    this.#ofToken.set(tokenId, own + 1)
    this.#open++
    let isHeld = true
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#release(tokenId)
        isHeld = false
      },
    }
  }

  #release(tokenId: string): void {
    this.#open--
    const left = (this.#ofToken.get(tokenId) ?? 1) - 1
    if (left > 0) this.#ofToken.set(tokenId, left)
    else this.#ofToken.delete(tokenId)
  }

  // Nobody knows when a stream ends: those who were refused together come back apart.
  #retryAfterSeconds(): number {
    return 1 + (this.#refused++ % retrySecondsMax)
  }
}
