/**
 * How long a job may take: `trusted` costs the least and is for schemas that were quick before, since one that is not takes the thread
 * with it; `brief` is for what is not known yet; `full` is as long as callers were promised.
 */
export type Care = 'trusted' | 'brief' | 'full'

/** What is asked of a thread that runs schemas: to compile one, and to check a value with it where there is one. Both are JSON. */
export interface SchemaJob {
  readonly care: Care
  readonly schema: string
  readonly value?: string
}

/** What came of a job: why the schema is none, or what is wrong with the value; `isCutOff` where that is for the time it took under the care it was given. */
export type SchemaOutcome = ({ readonly problem: string } | { readonly words: readonly string[] }) & {
  readonly isCutOff?: boolean
}

/** How a thread has ended: it answered too late, ran out of memory, broke in another way, or never began. */
export interface ThreadEnd {
  readonly ended: 'late' | 'memory' | 'broken' | 'unstarted'
  readonly cause: unknown
}

/** What came of a job, and the milliseconds that it took in the thread: a busy main thread does not count. */
export interface JobResult {
  readonly result: SchemaOutcome | ThreadEnd
  readonly tookMs: number
}

/** A thread that runs what callers sent, one job at a time. It keeps no process alive while it has none. */
export interface SchemaThread {
  /** Resolves when it has started, or could not: nobody's job is to blame for the time that takes. */
  readonly started: Promise<void>
  /** Resolves within seconds, always; after a {@link ThreadEnd} the thread is no more. */
  run(job: SchemaJob): Promise<JobResult>
  /** Ends it, whatever it does. */
  end(): Promise<void>
}
