interface Lane<Job> {
  readonly jobs: Job[]
  /** What this caller's jobs took, less what is forgotten. */
  spentMs: number
  /** When that was so. */
  spentAt: number
  servedLast: number
}

const laneJobsMax = 32
const jobsMax = 512
const lanesMax = 256
const halfLifeMs = 30_000

/**
 * A queue of at most 512 jobs, 32 a caller, which shares time rather than turns: the next job is that of the caller whose jobs took the
 * least of late, so that nobody waits behind a flood of slow ones. Half of what a caller took is forgotten every thirty seconds.
 */
export class FairQueue<Job> {
  readonly #lanes = new Map<string, Lane<Job>>()
  readonly #now: () => number
  #size = 0
  #served = 0

  /** Takes a monotonic clock, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Returns false where there is no room. */
  add(caller: string, job: Job): boolean {
    const lane = this.#laneOf(caller)
    if (lane.jobs.length >= laneJobsMax || this.#size >= jobsMax) return false
    lane.jobs.push(job)
    this.#size += 1
    return true
  }

  /** Takes out the next job. */
  next(): Job | undefined {
    let best: { readonly lane: Lane<Job>; readonly spentMs: number } | undefined
    for (const lane of this.#lanes.values()) {
      if (lane.jobs.length === 0) continue
      const spentMs = this.#left(lane)
      const isLess = best === undefined || spentMs < best.spentMs
      if (isLess || (spentMs === best?.spentMs && lane.servedLast < best.lane.servedLast))
        best = { lane, spentMs }
    }
    if (best === undefined) return undefined
    best.lane.servedLast = ++this.#served
    this.#size -= 1
    return best.lane.jobs.shift()
  }

  /** Counts what a job of a caller took. */
  charge(caller: string, ms: number): void {
    const lane = this.#laneOf(caller)
    lane.spentMs = this.#left(lane) + ms
    lane.spentAt = this.#now()
  }

  /** Takes a job out that need not be done any more. */
  remove(caller: string, job: Job): boolean {
    const jobs = this.#lanes.get(caller)?.jobs ?? []
    const place = jobs.indexOf(job)
    if (place === -1) return false
    jobs.splice(place, 1)
    this.#size -= 1
    return true
  }

  /** How many milliseconds the jobs of a caller took of late. */
  spentMs(caller: string): number {
    const lane = this.#lanes.get(caller)
    return lane === undefined ? 0 : this.#left(lane)
  }

  #left({ spentMs, spentAt }: Lane<Job>): number {
    return spentMs * 2 ** ((spentAt - this.#now()) / halfLifeMs)
  }

  #laneOf(caller: string): Lane<Job> {
    const known = this.#lanes.get(caller)
    if (known !== undefined) return known
    if (this.#lanes.size >= lanesMax) this.#forget()
    const made = { jobs: [], spentMs: 0, spentAt: this.#now(), servedLast: 0 }
    this.#lanes.set(caller, made)
    return made
  }

  // Lanes in which somebody waits stay: there are no more of them than jobs.
  #forget(): void {
    const idle = [...this.#lanes].filter(([, lane]) => lane.jobs.length === 0)
    const leastFirst = idle.toSorted(([, a], [, b]) => this.#left(a) - this.#left(b))
    for (const [caller] of leastFirst.slice(0, Math.ceil(leastFirst.length / 2))) this.#lanes.delete(caller)
  }
}
