import { parentPort } from 'node:worker_threads'
import { CompiledSchemas, type SchemaJob, type SchemaOutcome } from './compile-schema.ts'

/** What it answers to each job, and once when it has started. */
export type Answer = SchemaOutcome | 'ready'

// The entry of the thread in which what callers sent is compiled and run, and nothing else.
const port = parentPort
if (!port) throw new Error('This module runs in a worker thread only.')
const schemas = new CompiledSchemas()

port.on('message', (job: SchemaJob) => port.postMessage(schemas.run(job)))
port.postMessage('ready')
