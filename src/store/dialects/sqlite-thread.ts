import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Wire } from './sqlite-commit.ts'
import type { Answer, Request } from './sqlite-writer-thread.ts'

/** The writer's thread as the main thread sees it. One group is under way at a time. */
export interface Thread {
  /** Sends a group; its answer comes by `onAnswer`. */
  send(wire: Wire): void
  /** Closes the file and ends the thread, without `onEnd`. */
  stop(): Promise<void>
}

/** What a thread reports. */
export interface ThreadEvents {
  /** The answer to a group; the first one, to none, tells whether the file could be opened. */
  onAnswer(answer: Answer): void
  /** The thread has ended by itself, or was given up since it did not answer. Told once. */
  onEnd(cause: unknown): void
}

// Twice what a busy file and a slow disk can need. A thread that takes longer hangs in the disk.
const answerTimeoutMs = 30_000
const stopTimeoutMs = 10_000

/** Starts a writer's thread on a file. */
export function startThread(file: string, events: ThreadEvents): Thread {
  // The entry's own file ends in .ts as it stands and in .js once compiled.
  const entry = new URL(`./sqlite-writer-thread${extname(import.meta.filename)}`, import.meta.url)
  const worker = new Worker(entry, {
    name: 'store-writer',
    workerData: file,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  let waiting = true
  let ended = false
  const end = (cause: unknown): void => {
    if (ended) return
    ended = true
    clearTimeout(deadline)
    events.onEnd(cause)
  }
  const deadline = setTimeout(() => {
    if (!waiting) return
    end(new Error(`no answer within ${answerTimeoutMs} ms`))
    void worker.terminate()
  }, answerTimeoutMs).unref()
  worker.on('message', (answer: Answer) => {
    waiting = false
    if (!ended) events.onAnswer(answer)
  })
  worker.once('error', end)
  worker.once('exit', (code) => end(new Error(`exit code ${code}`)))
  const post = (request: Request): void => worker.postMessage(request)
  return {
    send(wire) {
      waiting = true
      deadline.refresh()
      post(wire)
    },
    async stop() {
      ended = true
      clearTimeout(deadline)
      post('close')
      const forced = setTimeout(() => void worker.terminate(), stopTimeoutMs)
      await exited
      clearTimeout(forced)
    },
  }
}
