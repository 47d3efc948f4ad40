import { GatewayError } from '../../domain/errors.ts'
import { type Health, healthStatements } from '../health.ts'
import type { Operation, Writer } from '../statement.ts'
import { type Trouble, troubleError } from './sqlite-errors.ts'
import type { Group } from './sqlite-group.ts'
import { GroupQueue } from './sqlite-queue.ts'
import { startThread, type Thread } from './sqlite-thread.ts'
import type { Answer } from './sqlite-writer-thread.ts'

const probeMs = 5_000
const restartMsMin = 100
const restartMsMax = 30_000

/** Opens a writer on a file that exists and has its schema. Throws `internal_error` where the file cannot be written. */
export async function openWriter(file: string, health: Health): Promise<SqliteWriter> {
  const writer = new SqliteWriter(file, health)
  try {
    await writer.opened
  } catch (error) {
    await writer.stop()
    throw error
  }
  return writer
}

/**
 * Writes through a thread of its own, so that the event loop never waits for the disk. One group is under way at a time: what comes
 * meanwhile, and what comes within one turn of the event loop, makes up the next.
 */
export class SqliteWriter implements Writer {
  readonly #file: string
  readonly #health: Health
  readonly #queue = new GroupQueue()
  readonly #opened = Promise.withResolvers<void>()
  readonly #drained = Promise.withResolvers<void>()
  #thread: Thread | undefined
  #ready = false
  #scheduled = false
  #closing = false
  #running: Group | undefined
  #probe: NodeJS.Timeout | undefined
  #restart: NodeJS.Timeout | undefined
  #restartMs = restartMsMin

  constructor(file: string, health: Health) {
    this.#file = file
    this.#health = health
    this.#start()
  }

  /** Settles when the thread has first tried to open the file. */
  get opened(): Promise<void> {
    return this.#opened.promise
  }

  /** Batches waiting or being written. */
  get queued(): number {
    return this.#queue.batches
  }

  write(operations: readonly Operation[]): Promise<number> {
    if (this.#closing) return Promise.reject(new GatewayError('shutting_down', 'The gateway is stopping.'))
    if (!this.#thread) return Promise.reject(new GatewayError('internal_error', threadEnded))
    const outcome = this.#queue.add(operations)
    this.#schedule()
    return outcome
  }

  /** Refuses new batches and resolves when those that came before are done. */
  async drain(): Promise<void> {
    this.#closing = true
    this.#settleDrained()
    await this.#drained.promise
  }

  /** Closes the file and ends the thread. */
  async stop(): Promise<void> {
    this.#closing = true
    clearTimeout(this.#probe)
    clearTimeout(this.#restart)
    await this.#thread?.stop()
    this.#thread = undefined
  }

  #start(): void {
    this.#ready = false
    this.#thread = startThread(this.#file, {
      onAnswer: (answer) => this.#answered(answer),
      onEnd: (cause) => this.#ended(cause),
    })
  }

  #schedule(): void {
    if (this.#scheduled || this.#running || !this.#ready || this.#queue.nextSize === 0) return
    this.#scheduled = true
    setImmediate(() => this.#send())
  }

  #send(): void {
    this.#scheduled = false
    if (!this.#ready || this.#running) return
    this.#running = this.#queue.next()
    if (this.#running) this.#thread?.send(this.#running.wire)
  }

  #answered(answer: Answer): void {
    this.#ready = true
    const group = this.#running
    this.#running = undefined
    if ('trouble' in answer) {
      this.#troubled(answer.trouble, group)
    } else {
      this.#health.well('writing')
      this.#opened.resolve()
      group?.settle(answer.outcomes)
    }
    if (group) {
      this.#restartMs = restartMsMin
      this.#queue.done(group)
    }
    this.#settleDrained()
    this.#schedule()
  }

  #troubled(trouble: Trouble, group: Group | undefined): void {
    const error = troubleError(trouble)
    this.#health.troubled('writing', error.message)
    this.#opened.reject(error)
    group?.reject(error)
    this.#probe ??= setTimeout(() => this.#tryAgain(), probeMs).unref()
  }

  // Without traffic nobody else would find out that the trouble is over.
  #tryAgain(): void {
    this.#probe = undefined
    const told = (): void => undefined
    if (this.#health.sentence()) this.write([[healthStatements.probe]]).catch(told)
  }

  #ended(cause: unknown): void {
    this.#thread = undefined
    this.#ready = false
    const error = new GatewayError('internal_error', threadEnded, { cause })
    this.#health.troubled('writing', threadEnded)
    this.#opened.reject(error)
    for (let group = this.#running ?? this.#queue.next(); group; group = this.#queue.next()) {
      group.reject(error)
      this.#queue.done(group)
    }
    this.#running = undefined
    this.#settleDrained()
    if (this.#closing) return
    this.#restart = setTimeout(() => this.#start(), this.#restartMs).unref()
    this.#restartMs = Math.min(2 * this.#restartMs, restartMsMax)
  }

  #settleDrained(): void {
    if (this.#closing && this.#queue.batches === 0) this.#drained.resolve()
  }
}

const threadEnded =
  'The thread that writes the database has ended and is being started again: the change may or may not have been kept, look before you repeat it.'
