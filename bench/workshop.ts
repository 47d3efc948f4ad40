import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Cores, pinned } from './affinity.ts'

/** How to start one Node process. */
export interface Start {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Takes stdout and stderr: a file costs the process what a user's log costs it, and costs the load generator nothing. */
  readonly logFile: string
}

/** Owns the temporary folder and every process of a run, so that nothing outlives it. */
export class Workshop {
  readonly cores: Cores
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'openclaw-bench-'))
  readonly #children = new Set<ChildProcess>()
  #folders = 0

  constructor(cores: Cores) {
    this.cores = cores
  }

  /** Makes a new empty folder. */
  folder(name: string): string {
    this.#folders += 1
    const made = path.join(this.#folder, `${this.#folders}-${name}`)
    mkdirSync(made)
    return made
  }

  /** Starts Node on the measured core. It sees no environment but the given one, and PATH. */
  spawn(start: Start): ChildProcess {
    const [command, ...args] = pinned(this.cores, start.args)
    const log = openSync(start.logFile, 'a')
    const env = { PATH: process.env.PATH ?? '', ...start.env }
    const child = spawn(command, args, { stdio: ['ignore', log, log], env })
    closeSync(log)
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }

  /** Kills what still runs and removes the folder. Synchronous, so that it can run while this process exits. */
  dispose(): void {
    for (const child of this.#children) child.kill('SIGKILL')
    // A killed child may write until it is gone.
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  }
}
