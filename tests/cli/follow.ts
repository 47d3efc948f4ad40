import { spawn } from 'node:child_process'
import { eventually } from '../support/eventually.ts'
import { bin } from './support.ts'

/** An `openclaw logs -f` that runs. */
export interface Follower extends Disposable {
  text(): string
  errors(): string
  /** The messages that were shown so far. */
  shown(): readonly string[]
  /** Resolves when a message has been shown. */
  shows(message: string): Promise<void>
}

/** Starts `openclaw logs -f`, which is killed at the end of its scope. */
export function follow(env: Readonly<Record<string, string>>): Follower {
  const child = spawn(process.execPath, [bin, 'logs', '-f'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const pieces: Buffer[] = []
  let errors = ''
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece))
  child.stderr.on('data', (piece: Buffer) => {
    errors += piece
  })
  const text = (): string => Buffer.concat(pieces).toString()
  const shown = (): readonly string[] =>
    text()
      .split('\n')
      .slice(0, -1)
      .map((shownLine) => shownLine.slice(shownLine.indexOf(' ') + 1))
  return {
    text,
    errors: () => errors,
    shown,
    async shows(message) {
      await eventually(message, () => shown().some((one) => one.startsWith(message)) || undefined)
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}
