import type { ChannelLink, ChannelState } from '../../domain/channels/channel.ts'

const stateName = 'offset'
/** Telegram keeps an update for a day, and begins its numbers anew, possibly lower, after a week without one. */
const goodMs = 24 * 60 * 60 * 1000

/** Up to where the updates of a bot, at one server, were received. */
export class UpdateOffset {
  readonly #link: ChannelLink
  readonly #owner: string
  #next: number | undefined
  #at = 0
  #confirmed: number | undefined

  private constructor(link: ChannelLink, owner: string) {
    this.#link = link
    this.#owner = owner
  }

  /** Returns the offset that was remembered for an owner; one of another bot or another server counts nothing, for its numbers do not. */
  static async recall(link: ChannelLink, owner: string): Promise<UpdateOffset> {
    const offset = new UpdateOffset(link, owner)
    const [next = '', at = '', ...remembered] = ((await link.recall(stateName)) ?? '').split(' ')
    if (remembered.join(' ') === owner && /^\d+$/.test(next) && /^\d+$/.test(at)) {
      offset.#next = Number(next)
      offset.#at = Number(at)
    }
    return offset
  }

  /** What the next poll asks for: undefined lets Telegram begin with the oldest update that was not confirmed. */
  get next(): number | undefined {
    return this.#link.clock.now() - this.#at < goodMs ? this.#next : undefined
  }

  /** True where Telegram does not know yet that everything so far was received. */
  get isUnconfirmed(): boolean {
    return this.next !== undefined && this.#next !== this.#confirmed
  }

  /** Returns what is to be remembered once the update of this number is durable. */
  after(updateId: number): ChannelState {
    return { name: stateName, value: `${updateId + 1} ${this.#link.clock.now()} ${this.#owner}` }
  }

  /** The update of this number is durable, or holds nothing. */
  pass(updateId: number): void {
    this.#next = updateId + 1
    this.#at = this.#link.clock.now()
  }

  /** A poll from there on was answered. */
  confirm(next: number | undefined): void {
    this.#confirmed = next
  }
}
