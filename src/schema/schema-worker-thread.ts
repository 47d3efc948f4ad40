import { parentPort } from 'node:worker_threads'
import { CompiledSchemas, type SchemaJob, type SchemaOutcome } from './compile-schema.ts'

/** What it answers to each job, with the milliseconds that this took here, and once when it has started. */
export type Answer = { readonly result: SchemaOutcome; readonly tookMs: number } | 'ready'

// The entry of the thread in which what callers sent is compiled and run, and nothing else.
const port = parentPort
if (!port) throw new Error('This module runs in a worker thread only.')
const schemas = new CompiledSchemas()

port.on('message', (job: SchemaJob) => {
  const begunAt = performance.now()
  const result = schemas.run(job)
  port.postMessage({ result, tookMs: performance.now() - begunAt } satisfies Answer)
})
port.postMessage('ready' satisfies Answer)
