import { ChannelFailure } from '../../domain/channels/channel.ts'
import { Slots } from './slots.ts'

/** One event's work, which ends when what it brought is durable. */
export type Work = () => Promise<void>

/** What an intake is bounded by and whom it tells. */
export interface IntakeOptions {
  /** Events that wait at a time. */
  readonly eventsMax: number
  /** Characters of the events that wait. */
  readonly charactersMax: number
  /** The place up to which everything is durable has moved. */
  readonly onDurable: (sequence: number) => void
  /** An event could not be taken, or too many wait: nothing further is taken, and what comes after must be asked for again. */
  readonly onFailure: (reason: string) => void
}

// A crowd that writes at once must leave room for others between its messages.
const storingMax = 32

/**
 * Takes the events of one connection: those of one chat one after another, different chats beside one another. It knows up to which event
 * all are durable, and that place never passes one that is not.
 */
export class Intake {
  readonly #options: IntakeOptions
  /** In the order in which they came, which is ascending. */
  readonly #pending = new Map<number, number>()
  readonly #tails = new Map<string, Promise<void>>()
  readonly #slots = new Slots(storingMax)
  #characters = 0
  #latest: number
  #isClosed = false

  constructor(sequence: number, options: IntakeOptions) {
    this.#latest = sequence
    this.#options = options
  }

  /** Everything up to this event is durable. */
  get durable(): number {
    const [oldest] = this.#pending.keys()
    return oldest === undefined ? this.#latest : Math.min(oldest - 1, this.#latest)
  }

  /** An event that brings nothing to keep. */
  skip(sequence: number): void {
    if (this.#isClosed) return
    this.#latest = Math.max(this.#latest, sequence)
    this.#options.onDurable(this.durable)
  }

  /** An event of a chat. */
  take(sequence: number, chatId: string, characters: number, work: Work): void {
    if (this.#isClosed) return
    this.#latest = Math.max(this.#latest, sequence)
    this.#pending.set(sequence, characters)
    this.#characters += characters
    this.#chain(chatId, async () => {
      await this.#slots.use(async () => {
        if (this.#isClosed) return
        await work()
        this.#pending.delete(sequence)
        this.#characters -= characters
        this.#options.onDurable(this.durable)
      })
    })
    if (this.#pending.size > this.#options.eventsMax || this.#characters > this.#options.charactersMax) {
      this.#fail('More was said than could be stored in time.')
    }
  }

  /** Work in a chat that stands before whatever comes there later. */
  before(chatId: string, work: Work): void {
    if (!this.#isClosed) this.#chain(chatId, work)
  }

  /** Begins no more work; resolves when what runs has ended. What has not begun is as if it had never come. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#tails.values())
  }

  #chain(chatId: string, work: Work): void {
    const tail = (this.#tails.get(chatId) ?? Promise.resolve()).then(() => this.#run(work))
    this.#tails.set(chatId, tail)
    void tail.then(() => {
      if (this.#tails.get(chatId) === tail) this.#tails.delete(chatId)
    })
  }

  async #run(work: Work): Promise<void> {
    if (this.#isClosed) return
    try {
      await work()
    } catch (error) {
      this.#fail(error instanceof ChannelFailure ? error.message : 'What was said could not be stored.')
    }
  }

  #fail(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#options.onFailure(reason)
  }
}
