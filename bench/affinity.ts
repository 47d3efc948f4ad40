import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Which core runs what; null where the machine has one core only or no `taskset`. */
export type Cores = { readonly measured: number; readonly load: number } | null

/** Pins this process, the load generator and upstream, to the second core it may use, and returns which core is left to be measured. */
export function pinLoad(): Cores {
  const [measured, load] = allowedCores()
  if (measured === undefined || load === undefined) return null
  try {
    execFileSync('taskset', ['-a', '-c', '-p', String(load), String(process.pid)], { stdio: 'ignore' })
  } catch {
    return null
  }
  return { measured, load }
}

/** Returns the command that starts Node on the measured core. */
export function pinned(cores: Cores, args: readonly string[]): readonly [string, ...string[]] {
  if (cores === null) return [process.execPath, ...args]
  return ['taskset', '-c', String(cores.measured), process.execPath, ...args]
}

function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? ''
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
