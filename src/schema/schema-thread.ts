import { extname } from 'node:path'
import { type ResourceLimits, Worker } from 'node:worker_threads'
import type { SchemaJob, SchemaOutcome } from './compile-schema.ts'
import type { Answer } from './schema-worker-thread.ts'

/** How a thread has ended: it answered too late, ran out of memory, broke in another way, or never began. */
export interface ThreadEnd {
  readonly ended: 'late' | 'memory' | 'broken' | 'unstarted'
  readonly cause: unknown
}

/** What came of a job, and the milliseconds that it took there: a busy main thread does not count. */
export interface JobResult {
  readonly result: SchemaOutcome | ThreadEnd
  readonly tookMs: number
}

/** The thread of schemas as the main thread sees it. */
export interface SchemaThread {
  /** Resolves when it has started, or could not. */
  readonly started: Promise<void>
  /** Sends a job, one at a time, and resolves to what came of it. Never rejects: a thread that ends is an outcome too. */
  run(job: SchemaJob): Promise<JobResult>
  /** Ends the thread, whatever it does. */
  end(): Promise<void>
}

// A start takes 50 ms, and much longer on a machine that does ten other things.
const startMs = 30_000
// The thread bounds its jobs by itself, but for those that are trusted; this is for what its own guard cannot stop.
const jobMs = { trusted: 250, brief: 2_000, full: 2_000 } as const
// What 64 compiled schemas and the errors of the largest answer need, several times over.
const memoryMax: ResourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 }

/** Starts a thread for schemas. It keeps the process alive only while it starts and while it runs a job. */
export function startSchemaThread(memory: ResourceLimits = memoryMax): SchemaThread {
  // The entry's own file ends in .ts as it stands and in .js once compiled.
  const entry = new URL(`./schema-worker-thread${extname(import.meta.filename)}`, import.meta.url)
  const worker = new Worker(entry, { name: 'schema-checks', execArgv: [], env: {}, resourceLimits: memory })
  const started = Promise.withResolvers<void>()
  let isReady = false
  let end: ThreadEnd | undefined
  let begunAt = performance.now()
  let settle: ((result: JobResult) => void) | undefined
  let deadline: NodeJS.Timeout | undefined
  let waits = 0
  const waitAtMost = (ms: number): void => {
    clearTimeout(deadline)
    waits += 1
    const own = waits
    const giveUp = (): void => {
      if (own !== waits) return
      end ??= { ended: isReady ? 'late' : 'unstarted', cause: new Error(`no answer within ${ms} ms`) }
      void worker.terminate()
    }
    // Where the main thread itself stood still, the answer may be there already: it is read before what is immediate.
    deadline = setTimeout(() => setImmediate(giveUp), ms)
  }
  waitAtMost(startMs)
  const answered = (answer: Answer | JobResult): void => {
    clearTimeout(deadline)
    waits += 1
    worker.unref()
    if (answer !== 'ready') settle?.(answer)
    settle = undefined
  }
  const ended = (result: ThreadEnd): JobResult => ({ result, tookMs: performance.now() - begunAt })
  worker.on('message', (answer: Answer) => {
    if (end !== undefined) return
    if (answer === 'ready') {
      isReady = true
      started.resolve()
    }
    answered(answer)
  })
  worker.once('error', (cause) => {
    const isMemory = 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY'
    end ??= { ended: isMemory ? 'memory' : isReady ? 'broken' : 'unstarted', cause }
  })
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', (code) => {
      end ??= { ended: isReady ? 'broken' : 'unstarted', cause: new Error(`exit code ${code}`) }
      // Told when it is gone, not before, so that there is never more than one.
      answered(ended(end))
      started.resolve()
      resolve()
    })
  })
  return {
    started: started.promise,
    async run(job) {
      await started.promise
      begunAt = performance.now()
      if (end !== undefined) return ended(end)
      worker.ref()
      waitAtMost(jobMs[job.care])
      worker.postMessage(job)
      return await new Promise((resolve) => {
        settle = resolve
      })
    },
    async end() {
      end ??= { ended: 'broken', cause: new Error('closed') }
      void worker.terminate()
      await exited
    },
  }
}
