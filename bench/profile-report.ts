/** One load while the profiler ran. Times are microseconds of CLOCK_MONOTONIC. */
export interface Phase {
  readonly name: string
  /** What one of its units is called. */
  readonly unit: string
  readonly units: number
  readonly from: number
  readonly to: number
  /** CPU of the whole process by /proc, in microseconds. */
  readonly cpuPerUnit: number
  /** The same for each of its threads. */
  readonly threads: readonly (readonly [name: string, cpuPerUnit: number])[]
}

/** A function at one place in the call tree. */
export interface ProfileNode {
  readonly id: number
  readonly name: string
  readonly url: string
  readonly line: number
  readonly children: readonly number[]
}

/** One thread's `.cpuprofile`. */
export interface CpuProfile {
  readonly thread: string
  readonly startTime: number
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
  readonly nodes: readonly ProfileNode[]
}

const functionsShown = 30
const ownShown = 25

/** Returns, for each phase and thread, the time a unit by part, by function alone, and by our own functions with all that they call. */
export function profileReport(phases: readonly Phase[], profiles: readonly CpuProfile[]): string {
  const reports = phases.map((phase) => {
    const threads = profiles.map((profile) => threadReport(phase, profile)).filter((text) => text !== '')
    const cpu = phase.threads
      .toSorted((a, b) => b[1] - a[1])
      .filter(([, time]) => time > phase.cpuPerUnit / 200)
      .map(([name, time]) => `${name} ${time.toFixed(2)}`)
    return [
      `## ${phase.name}: ${phase.cpuPerUnit.toFixed(2)} µs of CPU a ${phase.unit} (${phase.units} of them)`,
      `By thread, µs of CPU: ${cpu.join(', ')}.`,
      ...threads,
    ].join('\n\n')
  })
  return [howToRead, ...reports].join('\n\n')
}

const howToRead = `CPU times are the kernel's, the profiler's own included. The tables are samples by the clock: a call that wakes another thread is
charged with what that thread does meanwhile on the same core, and so is whoever a neighbour interrupts.`

function threadReport(phase: Phase, profile: CpuProfile): string {
  const tree = new Tree(profile)
  const selfTimes = selfTimesIn(phase, profile)
  const parts = new Map<string, number>()
  const functions = new Map<string, number>()
  const own = new Map<string, number>()
  let busy = 0
  for (const [id, time] of selfTimes) {
    const node = tree.node(id)
    if (node === undefined || node.name === '(idle)') continue
    busy += time
    add(parts, partOf(node), time)
    add(functions, tree.label(node), time)
    // Once for each of our functions on the stack, however often it stands there.
    for (const label of new Set(tree.path(node).filter(isOwn).map(labelOf))) add(own, label, time)
  }
  if (busy / phase.units < 0.01) return ''
  const share = busy / (phase.to - phase.from)
  return [
    `### ${profile.thread}: ${(busy / phase.units).toFixed(2)} µs a ${phase.unit}, busy ${percent(share)} of the time`,
    table(`by part`, parts, phase, busy, 20),
    table('by function, itself alone', functions, phase, busy, functionsShown),
    table('our functions, with what they call until they await', own, phase, busy, ownShown),
  ].join('\n\n')
}

function table(
  title: string,
  times: ReadonlyMap<string, number>,
  phase: Phase,
  busy: number,
  shown: number,
): string {
  const rows = [...times]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, shown)
    .filter(([, time]) => time / busy >= 0.003)
    .map(([label, time]) => `| ${(time / phase.units).toFixed(2)} | ${percent(time / busy)} | ${label} |`)
  return [`| µs a ${phase.unit} | share | ${title} |`, '|--:|--:|---|', ...rows, ''].join('\n')
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

// A sample stands for the time until the next one.
function selfTimesIn(phase: Phase, profile: CpuProfile): Map<number, number> {
  const times = new Map<number, number>()
  let at = profile.startTime
  profile.samples.forEach((id, index) => {
    at += profile.timeDeltas[index] ?? 0
    if (at >= phase.from && at < phase.to) add(times, id, profile.timeDeltas[index + 1] ?? 0)
  })
  return times
}

function add<Key>(times: Map<Key, number>, key: Key, time: number): void {
  times.set(key, (times.get(key) ?? 0) + time)
}

class Tree {
  readonly #nodes = new Map<number, ProfileNode>()
  readonly #parents = new Map<number, number>()

  constructor(profile: CpuProfile) {
    for (const node of profile.nodes) {
      this.#nodes.set(node.id, node)
      for (const child of node.children) this.#parents.set(child, node.id)
    }
  }

  node(id: number): ProfileNode | undefined {
    return this.#nodes.get(id)
  }

  /** The node and its callers, innermost first. */
  path(node: ProfileNode): ProfileNode[] {
    const path = [node]
    for (let parent = this.#parentOf(node); parent !== undefined; parent = this.#parentOf(parent))
      path.push(parent)
    return path
  }

  /** What the engine does natively says little without its caller. */
  label(node: ProfileNode): string {
    const caller = node.url === '' ? this.path(node).find(({ url }) => url !== '') : undefined
    return caller === undefined ? labelOf(node) : `${labelOf(node)} ← ${labelOf(caller)}`
  }

  #parentOf(node: ProfileNode): ProfileNode | undefined {
    return this.#nodes.get(this.#parents.get(node.id) ?? -1)
  }
}

function labelOf(node: ProfileNode): string {
  const name = node.name === '' ? '(anonymous)' : node.name
  return node.url === '' ? name : `${name} · ${shortened(node.url)}:${node.line}`
}

function isOwn(node: ProfileNode): boolean {
  return !node.url.includes('/node_modules/') && node.url.startsWith('file:')
}

function shortened(url: string): string {
  const at = url.lastIndexOf('/node_modules/')
  if (at >= 0) return url.slice(at + '/node_modules/'.length)
  return /\/((?:src|dist|bin)\/.+)$/.exec(url)?.[1] ?? url
}

function partOf(node: ProfileNode): string {
  if (node.url === '') return node.name.startsWith('(') ? node.name : 'native functions'
  const short = shortened(node.url)
  if (node.url.includes('/node_modules/')) return /^(?:@[^/]+\/)?[^/]+/.exec(short)?.[0] ?? short
  if (node.url.startsWith('node:')) return short.split('/').slice(0, 2).join('/')
  return short.slice(0, Math.max(0, short.lastIndexOf('/')))
}
