import { createContext, Script } from 'node:vm'
import { Ajv, type ErrorObject } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { endlessReason, isTooDeep, schemaLevelsMax } from './endless.ts'

/** A check of values, or the reason why a schema is none. */
type Verdict = { readonly check: (value: unknown) => readonly string[] } | { readonly problem: string }
type Schema = Readonly<Record<string, unknown>>

const schemaBytesMax = 64 * 1024
const keptMax = 64
const problemsToldMax = 5
const wordsMax = 200
const compileMs = 500
// What a schema costs in time is not bounded by its size: patterns can backtrack, references can multiply.
const checkMs = 100
const sampleMs = 100
const samples = [null, '', 0, [], {}] as const

/** Makes checks of the schemas that callers send, and keeps the 64 that were used last. */
export class SchemaChecks {
  readonly #kept = new Map<string, Verdict>()
  readonly #rules = new Map<Dialect, Ajv>()
  readonly #guard = new TimeGuard()

  /** Takes draft 2020-12, and draft-07 where `$schema` says so, of up to 64 KiB. Fetches nothing, knows no formats, never throws. */
  compile(schema: Schema): Verdict {
    if (isTooDeep(schema)) return { problem: `is nested deeper than ${schemaLevelsMax} levels` }
    const json = JSON.stringify(schema)
    if (Buffer.byteLength(json) > schemaBytesMax) return { problem: `is larger than ${schemaBytesMax} bytes` }
    const verdict = this.#kept.get(json) ?? this.#verdictOf(schema)
    // The last place in a Map is the newest one.
    this.#kept.delete(json)
    this.#kept.set(json, verdict)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > keptMax && oldest !== undefined) this.#kept.delete(oldest)
    return verdict
  }

  #verdictOf(schema: Schema): Verdict {
    const dialect = dialectOf(schema.$schema)
    if (dialect === undefined)
      return { problem: 'names a $schema that is not known here: use draft 2020-12 or draft-07' }
    const endless = endlessReason(schema)
    if (endless !== undefined) return { problem: endless }
    try {
      const verdict = this.#guard.within(compileMs, () => this.#compiled(dialect, schema))
      return verdict ?? { problem: 'takes too long to compile' }
    } catch (error) {
      return { problem: `is not valid: ${reasonOf(error)}` }
    }
  }

  // An instance of its own for each schema, so that no `$id` of one is seen by another; without meta-schemas, so that nothing else is.
  #compiled(dialect: Dialect, { $schema: _, ...schema }: Schema): Verdict {
    const rules = this.#rulesOf(dialect)
    if (!rules.validateSchema(schema))
      return { problem: `is not valid: ${tell(rules.errors, 'schema').join('; ')}` }
    const validate = new dialect({ ...lenient, ...bare }).compile(schema)
    if ('$async' in validate) return { problem: 'is not valid: it must not have $async' }
    if (this.#neverEnds(validate)) return { problem: 'refers to itself without end' }
    return {
      check: (value) => {
        try {
          const isValid = this.#guard.within(checkMs, () => validate(value))
          if (isValid === undefined) return [`data takes longer than ${checkMs} ms to check`]
          return isValid ? [] : tell(validate.errors, 'data')
        } catch (error) {
          if (error instanceof RangeError) return ['data is nested too deeply to check']
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
      samples.every((sample) => this.#guard.within(sampleMs, () => validate(sample)) !== undefined)
      return false
    } catch (error) {
      return error instanceof RangeError
    }
  }

  // The rules for schemas themselves cost tens of milliseconds to make: once, and only where they are needed.
  #rulesOf(dialect: Dialect): Ajv {
    const known = this.#rules.get(dialect)
    if (known !== undefined) return known
    const made = new dialect(lenient)
    this.#rules.set(dialect, made)
    return made
  }
}

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

/** Runs functions for a bounded time, also those that are lost in a regular expression. */
class TimeGuard {
  #context: { run: unknown } | undefined
  #script: Script | undefined

  /** Returns what the function returns, or undefined where it did not come to its end within so many milliseconds. */
  within<T>(ms: number, run: () => T): T | undefined {
    let result: T | undefined
    this.#context ??= createGuardContext()
    this.#script ??= new Script('run()')
    this.#context.run = () => {
      result = run()
    }
    try {
      this.#script.runInContext(this.#context, { timeout: ms })
      return result
    } catch (error) {
      // The error for a timeout is one of the context's own, no instance of our Error.
      const isTimeout = typeof error === 'object' && error !== null && 'code' in error
      if (isTimeout && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
      throw error
    } finally {
      this.#context.run = undefined
    }
  }
}

function createGuardContext(): { run: unknown } {
  const global = { run: undefined }
  createContext(global)
  return global
}
