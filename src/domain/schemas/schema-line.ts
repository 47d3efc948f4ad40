import { GatewayError } from '../errors.ts'
import { FairQueue } from './fair-queue.ts'
import type { SchemaCaller } from './schema-compiler.ts'
import type { JobResult, SchemaJob, SchemaThread } from './schema-thread.ts'

/** What a {@link SchemaLine} is made of. */
export interface LineParts {
  /** Starts a thread: at the first job, and after one that has ended. */
  readonly startThread: () => SchemaThread
  readonly monotonic: () => number
}

interface Job {
  readonly wire: SchemaJob
  readonly caller: string
  settle(end: { readonly value: JobResult } | { readonly error: unknown }): void
}

const waitMs = 10_000
// Who takes a thread down takes it from everybody: as if the job had taken so long.
const endMs = 2_000

/** A thread and the jobs that wait for it, one after another, in fairness between callers. */
export class SchemaLine {
  readonly #parts: LineParts
  readonly #queue: FairQueue<Job>
  readonly #open = new Set<Job>()
  #thread: SchemaThread | undefined
  #isRunning = false
  #isClosed = false

  constructor(parts: LineParts) {
    this.#parts = parts
    this.#queue = new FairQueue(parts.monotonic)
  }

  /**
   * Resolves when the job was done, or has ended the thread. Rejects with `overloaded` where there is no room or ten seconds pass before
   * its turn, `internal_error` where no thread can be started, `shutting_down` once closed, and the signal's reason.
   */
  run(wire: SchemaJob, { name, signal }: SchemaCaller): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      if (this.#isClosed) throw closed()
      const job: Job = {
        wire,
        caller: name,
        settle: (end) => {
          this.#open.delete(job)
          clearTimeout(timer)
          signal.removeEventListener('abort', leave)
          if ('value' in end) resolve(end.value)
          else reject(end.error)
        },
      }
      if (!this.#queue.add(name, job)) throw overloaded()
      const leave = (): void => {
        this.#queue.remove(name, job)
        job.settle({ error: signal.reason })
      }
      const giveUp = (): void => {
        if (this.#queue.remove(name, job)) job.settle({ error: overloaded() })
      }
      const timer = setTimeout(giveUp, waitMs)
      signal.addEventListener('abort', leave, { once: true })
      this.#open.add(job)
      this.#next()
    })
  }

  /** How much time the jobs of a caller took of late, in milliseconds. */
  spentMs(caller: string): number {
    return this.#queue.spentMs(caller)
  }

  /** Ends the thread; who still waits gets `shutting_down`. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const job of this.#open) job.settle({ error: closed() })
    await this.#thread?.end()
    this.#thread = undefined
  }

  #next(): void {
    if (this.#isRunning || this.#isClosed) return
    const job = this.#queue.next()
    if (job === undefined) return
    this.#isRunning = true
    void this.#do(job)
  }

  async #do(job: Job): Promise<void> {
    try {
      const value = await this.#resultOf(job)
      job.settle({ value })
    } catch (cause) {
      job.settle({ error: new GatewayError('internal_error', unstarted, { cause }) })
    }
    this.#isRunning = false
    this.#next()
  }

  async #resultOf({ wire, caller }: Job): Promise<JobResult> {
    this.#thread ??= this.#parts.startThread()
    const thread = this.#thread
    await thread.started
    const { result, tookMs } = await thread.run(wire)
    const hasEnded = 'ended' in result
    this.#queue.charge(caller, tookMs + (hasEnded ? endMs : 0))
    if (hasEnded) this.#thread = undefined
    if (hasEnded && result.ended === 'unstarted') throw result.cause
    return { result, tookMs }
  }
}

const unstarted = 'The thread that checks schemas could not be started. The log says why.'

function overloaded(): GatewayError {
  return new GatewayError(
    'overloaded',
    'Too many schemas wait to be checked. Try again in a moment, and send schemas that are quick to check.',
    { retryAfterSeconds: 1 },
  )
}

function closed(): GatewayError {
  return new GatewayError('shutting_down', 'The gateway is shutting down. Try again when it is back.')
}
