import { GatewayError } from '../../domain/errors.ts'
import { BatchRefusal, type Operation, type Runnable, type SqlValue } from '../statement.ts'
import { parameterCount, runnables } from '../statements.ts'
import type { Outcome, Wire } from './sqlite-commit.ts'

/** Batches that are committed together, with those who wait for them. */
export class Group {
  readonly #plan: number[] = []
  readonly #parameters: SqlValue[] = []
  readonly #callers: PromiseWithResolvers<number>[] = []
  #characters = 0

  /** How many batches it holds. */
  get size(): number {
    return this.#callers.length
  }

  /** How long the text in it is, in UTF-16 units. */
  get characters(): number {
    return this.#characters
  }

  /** What the other thread is sent. */
  get wire(): Wire {
    return { plan: this.#plan, parameters: this.#parameters }
  }

  /** Adds a batch and returns what becomes of it. Throws, adding nothing, where an operation is unknown or lacks a parameter. */
  add(operations: readonly Operation[]): Promise<number> {
    this.#plan.push(operations.length, ...operations.map(numberOf))
    for (const [, ...parameters] of operations) {
      this.#parameters.push(...parameters)
      for (const parameter of parameters)
        if (typeof parameter === 'string') this.#characters += parameter.length
    }
    const caller = Promise.withResolvers<number>()
    this.#callers.push(caller)
    return caller.promise
  }

  /** Tells each caller the outcome of its batch. */
  settle(outcomes: readonly Outcome[]): void {
    for (const [i, caller] of this.#callers.entries()) {
      const outcome = outcomes[i]
      if (typeof outcome === 'number') caller.resolve(outcome)
      else caller.reject(refusal(outcome))
    }
  }

  /** Tells all callers that nothing was kept, or that nobody knows. */
  reject(error: GatewayError): void {
    for (const caller of this.#callers) caller.reject(error)
  }
}

const known = new Map<Runnable, { readonly number: number; readonly parameters: number }>(
  runnables.map((runnable, number) => [runnable, { number, parameters: parameterCount(runnable) }]),
)

function numberOf(operation: Operation): number {
  const [runnable] = operation
  const entry = known.get(runnable)
  if (entry?.parameters !== operation.length - 1) {
    const what = 'sql' in runnable ? runnable.sql : runnable.name
    throw new Error(`This operation is not in the registry, or its parameters are not as many: ${what}`)
  }
  return entry.number
}

function refusal(outcome: Exclude<Outcome, number> | undefined): Error {
  if (outcome && outcome.reason !== 'failed') return new BatchRefusal(outcome.reason, outcome.cause)
  return new GatewayError('internal_error', 'The gateway could not store this: its log says why.', {
    cause: outcome?.cause,
  })
}
