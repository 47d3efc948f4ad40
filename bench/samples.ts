import { type Spread, spreadOf } from './statistics.ts'
import type { Target } from './subjects.ts'

/** A figure that is measured in every round. */
export type FigureKey =
  | 'plainCpu'
  | 'requestsPerSecond'
  | 'loadShare'
  | 'coreShare'
  | 'p50'
  | 'p99'
  | 'chunkCpu'
  | 'streamCpu'
  | 'framesPerChunk'
  | 'pacedChunkCpu'
  | 'firstToken'
  | 'startMemory'
  | 'idleMemory'
  | 'idlePss'
  | 'workedMemory'
  | 'streamMemory'
  | 'ready'
  | 'readySaid'
  | 'firstReady'

/** Whose figure it is. */
export type SampleName = Target['name']

/** Keeps what every round found. */
export class Samples {
  readonly #values = new Map<string, number[]>()

  add(name: SampleName, key: FigureKey, value: number): void {
    const values = this.#values.get(`${name} ${key}`)
    if (values === undefined) this.#values.set(`${name} ${key}`, [value])
    else values.push(value)
  }

  /** Returns the rounds' median, least and greatest; undefined where nothing was measured. */
  spread(name: SampleName, key: FigureKey): Spread | undefined {
    const values = this.#values.get(`${name} ${key}`)
    return values === undefined ? undefined : spreadOf(values)
  }

  /** Returns the spread of `name` ÷ `base`, taken pair by pair from the same rounds. */
  ratio(name: SampleName, base: SampleName, key: FigureKey): Spread | undefined {
    const above = this.#values.get(`${name} ${key}`) ?? []
    const below = this.#values.get(`${base} ${key}`) ?? []
    const pairs = above.flatMap((value, round) => {
      const other = below[round]
      return other === undefined || other === 0 ? [] : [value / other]
    })
    return pairs.length === 0 ? undefined : spreadOf(pairs)
  }
}
