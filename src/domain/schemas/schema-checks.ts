import type { JsonObject } from '../models/provider.ts'
import { measureSchema } from './measure-schema.ts'
import { RecentMap } from './recent-map.ts'
import type { SchemaCaller, SchemaCompiler, SchemaVerdict } from './schema-compiler.ts'
import { type LineParts, SchemaLine } from './schema-line.ts'
import type { SchemaJob, SchemaOutcome, ThreadEnd } from './schema-thread.ts'

/** What {@link SchemaChecks} is made of. */
export interface SchemaChecksParts extends LineParts {
  /** Makes short, collision-free names of long texts. */
  readonly hash: (text: string) => string
}

interface Asked extends Omit<SchemaJob, 'care'> {
  /** What the schema is known by. */
  readonly key: string
}

const keptMax = 256
const cutOffMs = 60_000
// What is longer, or takes longer to compile, is heavy.
const briefCharacters = 4096
const briefMs = 50
// Who took more of the quick line's time of late is trusted no more.
const trustMs = 1_000

/**
 * Compiles and checks what callers send in threads of their own, so that nothing of it ever runs on the thread that answers requests.
 * All that is not known to be heavy is tried briefly in the quick line. What does not end there is done in the slow line, for as long as
 * callers were promised, so that it holds up nothing but its like; what does not end there either is refused, and remembered for a minute.
 */
export class SchemaChecks implements SchemaCompiler {
  readonly #parts: SchemaChecksParts
  readonly #quick: SchemaLine
  readonly #slow: SchemaLine
  /** What came of schemas, and of checks that were cut off. */
  readonly #outcomes = new RecentMap<{ readonly outcome: SchemaOutcome; readonly until: number }>(keptMax)
  /** How schemas of callers are taken, by both. */
  readonly #standing = new RecentMap<'trusted' | 'heavy'>(keptMax)

  constructor(parts: SchemaChecksParts) {
    this.#parts = parts
    this.#quick = new SchemaLine(parts)
    this.#slow = new SchemaLine(parts)
  }

  async compile(schema: JsonObject, caller: SchemaCaller): Promise<SchemaVerdict> {
    const measured = measureSchema(schema)
    if ('problem' in measured) return measured
    const { json } = measured
    const key = this.#parts.hash(json)
    const outcome = this.#known(key) ?? (await this.#run({ schema: json, key }, caller))
    if (outcome.isCutOff || this.#known(key) === undefined) this.#remember(key, outcome)
    if ('problem' in outcome) return { problem: outcome.problem }
    return { check: (value) => this.#check({ schema: json, key, value }, caller) }
  }

  /** Ends the threads; who still waits gets `shutting_down`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#quick.close(), this.#slow.close()])
  }

  async #check(asked: Asked & { readonly value: string }, caller: SchemaCaller): Promise<readonly string[]> {
    const key = `${asked.key} ${this.#parts.hash(asked.value)}`
    let outcome = this.#known(key)
    if (outcome === undefined) {
      outcome = await this.#run(asked, caller)
      if (outcome.isCutOff) this.#remember(key, outcome)
    }
    return 'problem' in outcome ? [`the schema ${outcome.problem}`] : outcome.words
  }

  #known(key: string): SchemaOutcome | undefined {
    const known = this.#outcomes.get(key)
    return known !== undefined && known.until > this.#parts.monotonic() ? known.outcome : undefined
  }

  // A machine can be slow for once: what was cut off does not count for long.
  #remember(key: string, outcome: SchemaOutcome): void {
    const until = outcome.isCutOff ? this.#parts.monotonic() + cutOffMs : Number.POSITIVE_INFINITY
    this.#outcomes.set(key, { outcome, until })
  }

  async #run({ key, schema, value }: Asked, caller: SchemaCaller): Promise<SchemaOutcome> {
    const asked = { schema, ...(value === undefined ? {} : { value }) }
    const place = `${caller.name} ${key}`
    const standing = this.#standing.get(place)
    let isHeavy = standing === 'heavy' || schema.length > briefCharacters
    if (!isHeavy) {
      const isTrusted = standing === 'trusted' && this.#quick.spentMs(caller.name) < trustMs
      const { result } = await this.#quick.run({ care: isTrusted ? 'trusted' : 'brief', ...asked }, caller)
      if (!('ended' in result || result.isCutOff)) {
        if (value !== undefined) this.#standing.set(place, 'trusted')
        return result
      }
      isHeavy = 'ended' in result || 'problem' in result
      this.#standing.delete(place)
    }
    const { result, tookMs } = await this.#slow.run({ care: 'full', ...asked }, caller)
    // A schema that was compiled before, and cannot be in so short a time, is heavy; a new one may have met a bad moment.
    if (isHeavy && (value !== undefined || tookMs > briefMs)) this.#standing.set(place, 'heavy')
    return 'ended' in result ? { ...refusal(asked, result.ended), isCutOff: true } : result
  }
}

function refusal({ value }: Omit<SchemaJob, 'care'>, ended: ThreadEnd['ended']): SchemaOutcome {
  if (value === undefined) return { problem: `${needOf(ended)} to compile` }
  return { words: [`data ${needOf(ended)} to check`] }
}

function needOf(ended: ThreadEnd['ended']): string {
  if (ended === 'memory') return 'takes too much memory'
  return ended === 'late' ? 'takes too long' : 'is not possible'
}
