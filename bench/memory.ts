import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from './connection.ts'
import { plainQuestion, streamQuestion, warmUp } from './figures.ts'
import { checked, load } from './load.ts'
import type { Effort } from './options.ts'
import { memoryOf } from './procfs.ts'
import type { Question } from './question.ts'
import type { Running } from './running.ts'
import type { Samples } from './samples.ts'
import type { Target } from './subjects.ts'
import type { Upstream } from './upstream.ts'

/** Streams that are open at once while memory is read. */
const openStreams = 1000

/**
 * Memory of new processes: after the start, idle after a little work, with 1,000 open streams, each of which has its first token, and
 * after heavy work. The subjects go through it side by side, so that each quiet time is waited for once.
 */
export async function measureMemory(
  subjects: readonly Running[],
  upstream: Upstream,
  effort: Effort,
  samples: Samples,
): Promise<void> {
  await sleep(effort.settleMs)
  for (const { target, pid } of subjects) {
    samples.add(target.name, 'startMemory', memoryOf(pid).rss)
    await load(target, plainQuestion, 4, 5000, 300)
    await load(target, streamQuestion(100, 0), 4, 5000, 30)
  }
  await sleep(effort.settleMs)
  for (const { target, pid } of subjects) {
    const idle = memoryOf(pid)
    samples.add(target.name, 'idleMemory', idle.rss)
    if (idle.pss !== null) samples.add(target.name, 'idlePss', idle.pss)
    const held = new HeldStreams(target)
    await held.open(openStreams)
    await sleep(effort.settleMs)
    samples.add(target.name, 'streamMemory', (memoryOf(pid).rss - idle.rss) / openStreams)
    upstream.release()
    await held.end()
  }
  if (effort.longSettleMs === 0) return
  for (const { target } of subjects) await warmUp(target, effort)
  await sleep(effort.longSettleMs)
  for (const { target, pid } of subjects) samples.add(target.name, 'workedMemory', memoryOf(pid).rss)
}

/** Streams that are asked to hold. */
class HeldStreams {
  readonly #question: Question = { chunks: 60, stream: true, paceMs: 0, hold: true }
  readonly #target: Target
  readonly #connections: Connection[] = []
  readonly #answers: Promise<Buffer>[] = []

  constructor(target: Target) {
    this.#target = target
  }

  /** Opens more and waits until each has its first token; 20 at a time, so that the backlog of no listener decides. */
  async open(count: number): Promise<void> {
    const request = this.#target.request(this.#question)
    for (let opened = 0; opened < count; opened += 20) {
      const some = await Promise.all(Array.from({ length: 20 }, () => Connection.open(this.#target.port)))
      this.#connections.push(...some)
      this.#answers.push(...some.map(async (connection) => (await connection.ask(request)).bytes))
      await Promise.race([Promise.all(this.#answers), firstTokens(some)])
    }
  }

  /** Waits for the ends of all, checks them and closes. */
  async end(): Promise<void> {
    for (const bytes of await Promise.all(this.#answers)) checked(this.#target, this.#question, bytes)
    for (const connection of this.#connections) connection.close()
  }
}

async function firstTokens(connections: readonly Connection[]): Promise<void> {
  const deadline = performance.now() + 20_000
  while (connections.some((connection) => !connection.hasFirstToken)) {
    if (performance.now() > deadline) throw new Error('A stream got no first token within 20 s.')
    await sleep(2)
  }
}
