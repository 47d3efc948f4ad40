import { checkAnswer } from './check-answer.ts'
import { Connection } from './connection.ts'
import { cpuMicroseconds } from './procfs.ts'
import type { Question } from './question.ts'
import type { Running } from './running.ts'
import type { Target } from './subjects.ts'

/** What a load found. Every answer in it was checked. */
export interface LoadResult {
  readonly answers: number
  readonly elapsedMs: number
  /** Milliseconds from the request to the end of its answer. */
  readonly latencies: readonly number[]
  /** Text frames that came, of all answers. */
  readonly frames: number
}

/**
 * Asks one question again and again on `inFlight` connections for `durationMs`, or until `answersMax` answers; what runs then is waited
 * for. Throws at a wrong answer.
 */
export async function load(
  target: Target,
  question: Question,
  inFlight: number,
  durationMs: number,
  answersMax = Number.POSITIVE_INFINITY,
): Promise<LoadResult> {
  const request = target.request(question)
  const connections = await Promise.all(Array.from({ length: inFlight }, () => Connection.open(target.port)))
  const latencies: number[] = []
  let frames = 0
  const startedAt = performance.now()
  const worker = async (connection: Connection): Promise<void> => {
    while (performance.now() - startedAt < durationMs && latencies.length < answersMax) {
      const { bytes, askedAt, endedAt } = await connection.ask(request)
      latencies.push(endedAt - askedAt)
      frames += checked(target, question, bytes)
    }
  }
  await Promise.all(connections.map(worker))
  const elapsedMs = performance.now() - startedAt
  for (const connection of connections) connection.close()
  return { answers: latencies.length, elapsedMs, latencies, frames }
}

/** A load with what it cost. */
export interface CostedLoad extends LoadResult {
  /** CPU of the measured process, in microseconds, of one answer. */
  readonly cpuPerAnswer: number
  /** How much of its core the load generator used, 0 to 1. Near 1 it is the load generator that is measured. */
  readonly loadShare: number
  /** How much of its core the measured process used, 0 to 1. Far below 1 under a full load, something else held it back. */
  readonly coreShare: number
}

/** Runs a load and reads what it cost. */
export async function costedLoad(
  running: Running,
  question: Question,
  inFlight: number,
  durationMs: number,
): Promise<CostedLoad> {
  const ownBefore = process.cpuUsage()
  const before = cpuMicroseconds(running.pid)
  const result = await load(running.target, question, inFlight, durationMs)
  const cpu = cpuMicroseconds(running.pid) - before
  const own = process.cpuUsage(ownBefore)
  return {
    ...result,
    cpuPerAnswer: cpu / result.answers,
    loadShare: (own.user + own.system) / 1000 / result.elapsedMs,
    coreShare: cpu / 1000 / result.elapsedMs,
  }
}

/** Checks one answer and says whose it was where it is wrong. Returns its text frames. */
export function checked(target: Target, question: Question, bytes: Buffer): number {
  try {
    return checkAnswer(target.wire, question, bytes)
  } catch (error) {
    throw new Error(
      `${target.name} gave a wrong answer to a ${question.stream ? 'streamed' : 'plain'} request.`,
      { cause: error },
    )
  }
}
