import type { Usage } from '../conversations/conversation.ts'
import type { ProviderEvent } from '../models/provider.ts'
import type { ResolvedModel } from '../models/resolve-model.ts'
import { cutShort, replyCharactersMax, tooLong } from './broken-answer.ts'

/**
 * The answer of one attempt. Once it is open it yields what was read to open it, and then hands out the provider's own promises: nothing
 * is added to a chunk's way.
 */
export class OpenAnswer implements AsyncIterableIterator<ProviderEvent, void, undefined> {
  readonly resolved: ResolvedModel
  readonly #events: AsyncGenerator<ProviderEvent, void, undefined>
  readonly #head: ProviderEvent[] = []

  constructor(resolved: ResolvedModel, events: AsyncGenerator<ProviderEvent, void, undefined>) {
    this.resolved = resolved
    this.#events = events
  }

  /** The usage that was told before the first token. */
  get usage(): Usage | undefined {
    return this.#head.findLast((event) => event.type === 'usage')?.usage
  }

  /**
   * Reads up to the first token: of text, of a tool call, or the end of an empty answer. Rejects where none comes; what the attempt held
   * is released then.
   */
  async open(signal: AbortSignal): Promise<void> {
    const { provider } = this.resolved
    for (;;) {
      const { done, value: event } = await this.#events.next()
      if (done) {
        signal.throwIfAborted()
        throw cutShort(provider)
      }
      if (event.type === 'text') {
        if (event.text === '') continue
        if (event.text.length > replyCharactersMax) {
          await this.#events.return()
          throw tooLong(provider)
        }
      }
      this.#head.push(event)
      if (event.type !== 'usage' && event.type !== 'warning') return
    }
  }

  next(): Promise<IteratorResult<ProviderEvent, void>> {
    // Asked for each chunk, and empty from the second one on.
    const event = this.#head.length === 0 ? undefined : this.#head.shift()
    return event === undefined ? this.#events.next() : Promise.resolve({ done: false, value: event })
  }

  /** Stops the answer, and resolves when what it held is released. */
  return(): Promise<IteratorResult<ProviderEvent, void>> {
    return this.#events.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
