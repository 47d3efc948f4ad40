import { Ajv, type ErrorObject } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { endlessReason } from './endless.ts'
import { TimeGuard } from './time-guard.ts'

/** What is to be done: a schema to compile, and a value to check with it where there is one, both as JSON, with so much care for time. */
export interface SchemaJob {
  readonly care: keyof typeof limitsMs
  readonly schema: string
  readonly value?: string
}

/** What came of a job: why the schema is none, or what is wrong with the value; `isCutOff` where that is for the time it took. */
export type SchemaOutcome = ({ readonly problem: string } | { readonly words: readonly string[] }) & {
  readonly isCutOff?: boolean
}

/** A check of values, or the reason why a schema is none. */
type Verdict =
  | { readonly check: (value: unknown, limitMs: number | undefined) => SchemaOutcome }
  | { readonly problem: string; readonly isCutOff?: boolean }
type Schema = Readonly<Record<string, unknown>>

const keptMax = 64
const keptCharactersMax = 256 * 1024
const problemsToldMax = 5
const wordsMax = 200
// What a schema costs in time is not bounded by its size: patterns can backtrack, references can multiply. A guard costs more than most
// checks; who trusts a schema ends the whole thread where that was wrong.
const limitsMs = {
  trusted: { compile: 50, check: undefined },
  brief: { compile: 50, check: 20 },
  full: { compile: 500, check: 100 },
} as const
const samplesMs = 100
const samples = [null, '', 0, [], {}] as const

/** Compiles the schemas that callers send, in the thread that is there for it, and keeps those that were used last: 64 of 256 Ki characters together. */
export class CompiledSchemas {
  readonly #kept = new Map<string, Verdict>()
  #keptCharacters = 0
  readonly #rules = new Map<Dialect, Ajv>()
  readonly #guard = new TimeGuard()

  constructor() {
    this.#rulesOf(Ajv2020)
  }

  /**
   * Compiles a schema, which comes as JSON of no great depth, and checks a value where there is one. Takes draft 2020-12, and draft-07 where
   * `$schema` says so. Fetches nothing, knows no formats. Takes 600 ms at most, unless it is trusted.
   */
  run({ care, schema, value }: SchemaJob): SchemaOutcome {
    const { compile, check } = limitsMs[care]
    const verdict = this.#take(schema) ?? this.#verdictOf(JSON.parse(schema), compile)
    if ('check' in verdict || !verdict.isCutOff) this.#keep(schema, verdict)
    if ('problem' in verdict) return verdict
    return value === undefined ? { words: [] } : verdict.check(JSON.parse(value), check)
  }

  #take(schema: string): Verdict | undefined {
    const kept = this.#kept.get(schema)
    if (this.#kept.delete(schema)) this.#keptCharacters -= schema.length
    return kept
  }

  // The last place in a Map is the newest one.
  #keep(schema: string, verdict: Verdict): void {
    this.#kept.set(schema, verdict)
    this.#keptCharacters += schema.length
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= keptMax && this.#keptCharacters <= keptCharactersMax) break
      this.#take(oldest)
    }
  }

  #verdictOf(schema: Schema, limitMs: number): Verdict {
    const dialect = dialectOf(schema.$schema)
    if (dialect === undefined)
      return { problem: 'names a $schema that is not known here: use draft 2020-12 or draft-07' }
    const rules = this.#rulesOf(dialect)
    try {
      const verdict = this.#guard.within(limitMs, () => this.#compiled(dialect, rules, schema))
      return verdict ?? { problem: 'takes too long to compile', isCutOff: true }
    } catch (error) {
      return { problem: `is not valid: ${reasonOf(error)}` }
    }
  }

  // An instance of its own for each schema, so that no `$id` of one is seen by another; without meta-schemas, so that nothing else is.
  #compiled(dialect: Dialect, rules: Ajv, { $schema: _, ...schema }: Schema): Verdict {
    const endless = endlessReason(schema)
    if (endless !== undefined) return { problem: endless }
    if (!rules.validateSchema(schema))
      return { problem: `is not valid: ${tell(rules.errors, 'schema').join('; ')}` }
    const validate = new dialect({ ...lenient, ...bare }).compile(schema)
    if ('$async' in validate) return { problem: 'is not valid: it must not have $async' }
    if (this.#neverEnds(validate)) return { problem: 'refers to itself without end' }
    return {
      check: (value, limitMs) => {
        try {
          const isValid =
            limitMs === undefined ? validate(value) : this.#guard.within(limitMs, () => validate(value))
          if (isValid === undefined)
            return { words: [`data takes longer than ${limitMs} ms to check`], isCutOff: true }
          return { words: isValid ? [] : tell(validate.errors, 'data') }
        } catch (error) {
          if (error instanceof RangeError) return { words: ['data is nested too deeply to check'] }
          throw error
        } finally {
          validate.errors = null
        }
      },
    }
  }

  // Loops by way of names (`$id`, `$anchor`) are seen only by going them.
  #neverEnds(validate: (value: unknown) => unknown): boolean {
    try {
      // One that takes long may still end; the check of the answer is bounded by itself.
      this.#guard.within(samplesMs, () => {
        for (const sample of samples) validate(sample)
      })
      return false
    } catch (error) {
      return error instanceof RangeError
    }
  }

  // The rules for schemas themselves cost tens of milliseconds to make: once, and on nobody's time.
  #rulesOf(dialect: Dialect): Ajv {
    const known = this.#rules.get(dialect)
    if (known !== undefined) return known
    const made = new dialect(lenient)
    made.validateSchema({})
    this.#rules.set(dialect, made)
    return made
  }
}

const patternMax = 4096

// Reading a regular expression cannot be cut off, and can take time by the square of its length.
const patternOf = Object.assign(
  (pattern: string, flags: string): RegExp => {
    if (pattern.length > patternMax) throw new Error(`a pattern is longer than ${patternMax} characters`)
    return new RegExp(pattern, flags)
  },
  { code: 'new RegExp' },
)

const lenient = { strict: false, logger: false } as const
const bare = {
  meta: false,
  validateSchema: false,
  validateFormats: false,
  allErrors: true,
  inlineRefs: false,
  // JSON has no numbers beyond what it can tell, and its objects have only what stands in them.
  strictNumbers: true,
  ownProperties: true,
  code: { regExp: patternOf },
} as const

type Dialect = typeof Ajv | typeof Ajv2020

function dialectOf($schema: unknown): Dialect | undefined {
  if ($schema === undefined) return Ajv2020
  if (typeof $schema !== 'string') return undefined
  if (/^https?:\/\/json-schema\.org\/draft\/20(?:20-12|19-09)\/schema#?$/.test($schema)) return Ajv2020
  return /^https?:\/\/json-schema\.org\/(?:draft-0[67]\/)?schema#?$/.test($schema) ? Ajv : undefined
}

function tell(errors: readonly ErrorObject[] | null | undefined, name: string): readonly string[] {
  const told = new Set((errors ?? []).slice(0, 20).map((error) => wordsOf(error, name)))
  return [...told].slice(0, problemsToldMax)
}

function wordsOf({ instancePath, message = 'is not valid', params }: ErrorObject, name: string): string {
  const { allowedValues, allowedValue, additionalProperty } = params
  const detail =
    allowedValues !== undefined
      ? `: ${JSON.stringify(allowedValues)}`
      : allowedValue !== undefined
        ? `: ${JSON.stringify(allowedValue)}`
        : additionalProperty !== undefined
          ? `: ${JSON.stringify(additionalProperty)}`
          : ''
  const words = `${name}${instancePath} ${message}${detail}`
  return words.length > wordsMax ? `${words.slice(0, wordsMax - 1)}…` : words
}

function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return 'it is nested too deeply'
  const message = error instanceof Error ? error.message : String(error)
  return message.length > wordsMax ? `${message.slice(0, wordsMax - 1)}…` : message
}
