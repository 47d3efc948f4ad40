import { Connection } from './connection.ts'
import { checked, costedLoad, load } from './load.ts'
import type { Effort, SubjectName } from './options.ts'
import type { Question } from './question.ts'
import { type Running, type Site, startSubject } from './running.ts'
import type { Samples } from './samples.ts'
import { percentile } from './statistics.ts'
import type { Target } from './subjects.ts'

/** A plain question: 40 tokens, some 150 characters. */
export const plainQuestion: Question = { chunks: 40, stream: false, paceMs: 0, hold: false }

/** A stream of `chunks` tokens; `paceMs` 0 sends them back to back. */
export function streamQuestion(chunks: number, paceMs: number): Question {
  return { chunks, stream: true, paceMs, hold: false }
}

/** Requests in flight for throughput. */
export const plainInFlight = 32

/** The two lengths of stream between which a chunk's cost is the slope. */
export const backToBack = { short: 10, long: 1000, paceMs: 0, inFlight: 8 }

/** The same for chunks that come one at a time, 5 ms apart. */
export const paced = { short: 20, long: 200, paceMs: 5, inFlight: 16 }

/** Brings a process to its usual speed: both kinds of request, with the loads that are measured later. */
export async function warmUp(target: Target, effort: Effort): Promise<void> {
  await load(target, plainQuestion, plainInFlight, effort.warmUpMs * 0.5)
  await load(target, streamQuestion(backToBack.long, 0), backToBack.inFlight, effort.warmUpMs * 0.25)
  await load(target, streamQuestion(paced.short, paced.paceMs), paced.inFlight, effort.warmUpMs * 0.25)
}

/** Throughput and CPU of plain requests at 32 in flight, then latency at 1 in flight. */
export async function measurePlain(running: Running, effort: Effort, samples: Samples): Promise<void> {
  const name = running.target.name
  const busy = await costedLoad(running, plainQuestion, plainInFlight, effort.loadMs)
  samples.add(name, 'plainCpu', busy.cpuPerAnswer)
  samples.add(name, 'requestsPerSecond', (busy.answers * 1000) / busy.elapsedMs)
  samples.add(name, 'loadShare', busy.loadShare)
  samples.add(name, 'coreShare', busy.coreShare)
  await measureLatency(running.target, effort, samples)
}

/** p50 and p99 at 1 in flight. */
export async function measureLatency(target: Target, effort: Effort, samples: Samples): Promise<void> {
  const alone = await load(target, plainQuestion, 1, effort.latencyMs)
  samples.add(target.name, 'p50', percentile(alone.latencies, 0.5))
  samples.add(target.name, 'p99', percentile(alone.latencies, 0.99))
}

/** CPU of one streamed chunk: what a long stream costs more than a short one, divided by the chunks that it has more. */
export async function measureChunks(running: Running, effort: Effort, samples: Samples): Promise<void> {
  const name = running.target.name
  const fast = await slope(running, backToBack, effort.streamsMs)
  samples.add(name, 'chunkCpu', fast.perChunk)
  samples.add(name, 'streamCpu', fast.perStream)
  samples.add(name, 'framesPerChunk', fast.framesPerChunk)
  const slow = await slope(running, paced, effort.streamsMs * 1.5)
  samples.add(name, 'pacedChunkCpu', slow.perChunk)
}

async function slope(running: Running, lengths: typeof backToBack, durationMs: number) {
  const { short, long, paceMs, inFlight } = lengths
  const few = await costedLoad(running, streamQuestion(short, paceMs), inFlight, durationMs)
  const many = await costedLoad(running, streamQuestion(long, paceMs), inFlight, durationMs)
  const perChunk = (many.cpuPerAnswer - few.cpuPerAnswer) / (long - short)
  return {
    perChunk,
    perStream: few.cpuPerAnswer - perChunk * short,
    framesPerChunk: many.frames / (many.answers * long),
  }
}

/** Time to first token above going direct: one stream at a time, direct and each subject in turn, the median of the differences. */
export async function measureFirstToken(
  straight: Target,
  targets: readonly Target[],
  effort: Effort,
  samples: Samples,
): Promise<void> {
  const question = streamQuestion(3, 2)
  const asker = async (target: Target) => {
    const connection = await Connection.open(target.port)
    const request = target.request(question)
    const ask = async (): Promise<number> => {
      const { bytes, askedAt, firstTokenAt } = await connection.ask(request)
      checked(target, question, bytes)
      return firstTokenAt - askedAt
    }
    return { name: target.name, ask, close: () => connection.close(), above: [] as number[] }
  }
  const base = await asker(straight)
  const askers = await Promise.all(targets.map(asker))
  for (let i = 0; i < effort.firstTokens; i++) {
    const straightMs = await base.ask()
    base.above.push(straightMs)
    for (const each of askers) each.above.push((await each.ask()) - straightMs)
  }
  for (const each of [base, ...askers]) {
    samples.add(each.name, 'firstToken', percentile(each.above, 0.5))
    each.close()
  }
}

/**
 * Time to ready: a new process in an empty folder, from its spawn to the first 200. Ours also as a machine's very first start, without
 * the compile cache that it fills by itself.
 */
export async function measureStart(name: SubjectName, site: Site, samples: Samples): Promise<void> {
  const running = await startSubject(name, site)
  samples.add(name, 'ready', running.readyMs)
  if (running.readySaidMs !== undefined) samples.add(name, 'readySaid', running.readySaidMs)
  await running.stop()
  if (name !== 'ours') return
  const first = await startSubject(name, { ...site, compileCache: site.workshop.folder('compile-cache') })
  samples.add(name, 'firstReady', first.readyMs)
  await first.stop()
}
