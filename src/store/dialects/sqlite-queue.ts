import { GatewayError } from '../../domain/errors.ts'
import type { Operation } from '../statement.ts'
import { Group } from './sqlite-group.ts'

const batchesMax = 10_000
const charactersMax = 128 * 1024 * 1024
const groupBatchesMax = 1_000
const groupCharactersMax = 8 * 1024 * 1024

/** Batches in the order in which they came, gathered into groups of bounded size. */
export class GroupQueue {
  readonly #waiting: Group[] = []
  #batches = 0
  #characters = 0

  /** Batches that were added and are not done, those of a group under way too. */
  get batches(): number {
    return this.#batches
  }

  /** How many batches the next group holds so far. */
  get nextSize(): number {
    return this.#waiting[0]?.size ?? 0
  }

  /** Adds a batch and returns what becomes of it. Rejects with `overloaded` beyond 10,000 batches or 128 Mi characters. */
  add(operations: readonly Operation[]): Promise<number> {
    if (this.#batches >= batchesMax || this.#characters >= charactersMax) {
      const sentence = 'The database takes longer to write than requests come in: try again in a second.'
      return Promise.reject(new GatewayError('overloaded', sentence, { retryAfterSeconds: 1 }))
    }
    const group = this.#lastOpen()
    const before = group.characters
    const outcome = group.add(operations)
    this.#batches += 1
    this.#characters += group.characters - before
    return outcome
  }

  /** Takes the oldest group out. It counts until it is `done`. */
  next(): Group | undefined {
    return this.#waiting.shift()
  }

  /** Says that a group's callers have been told. */
  done(group: Group): void {
    this.#batches -= group.size
    this.#characters -= group.characters
  }

  #lastOpen(): Group {
    const last = this.#waiting.at(-1)
    if (last && last.size < groupBatchesMax && last.characters < groupCharactersMax) return last
    const group = new Group()
    this.#waiting.push(group)
    return group
  }
}
