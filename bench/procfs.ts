import { readdirSync, readFileSync } from 'node:fs'

// Linux counts a process's time in ticks of 1/100 s (USER_HZ) on every architecture that Node runs on.
const microsecondsPerTick = 10_000

/** Returns the CPU time of each thread of a process that lives, in microseconds, to 10 ms; threads of one name are added up. */
export function threadMicroseconds(pid: number): Map<string, number> {
  const times = new Map<string, number>()
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'latin1')
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    times.set(name, (times.get(name) ?? 0) + ticksOf(stat) * microsecondsPerTick)
  }
  return times
}

/** Returns the CPU time of a process, all its threads and all its children, user and system, in microseconds, to 10 ms. */
export function cpuMicroseconds(pid: number): number {
  let ticks = 0
  for (const id of familyOf(pid)) {
    ticks += ticksOf(readFileSync(`/proc/${id}/stat`, 'latin1'))
  }
  return ticks * microsecondsPerTick
}

// User and system time. The name, in parentheses, may hold spaces: fields are counted from behind it.
function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** Memory in bytes. `pss` counts a page that n processes share as 1/n of it; null where the kernel does not tell. */
export interface Memory {
  readonly rss: number
  readonly pss: number | null
}

/** Returns the memory of a process and its children. */
export function memoryOf(pid: number): Memory {
  let rss = 0
  let pss: number | null = 0
  for (const id of familyOf(pid)) {
    rss += kilobytes(readFileSync(`/proc/${id}/status`, 'latin1'), 'VmRSS') ?? 0
    const more = kilobytes(rollup(id), 'Pss')
    pss = more === null || pss === null ? null : pss + more
  }
  return { rss, pss }
}

function rollup(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')
  } catch {
    return ''
  }
}

function kilobytes(text: string, field: string): number | null {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)
  return found === null ? null : Number(found[1]) * 1024
}

function familyOf(pid: number): number[] {
  const family = [pid]
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    for (const child of readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').split(' ')) {
      if (child !== '') family.push(...familyOf(Number(child)))
    }
  }
  return family
}
