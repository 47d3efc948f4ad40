import assert from 'node:assert/strict'
import { type ChildProcessByStdio, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { TestContext } from 'node:test'

/** A program of `programs/` that runs as a process of its own, and is killed when the test ends. */
export interface Program {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>
  /** Its lines on stdout, each read as JSON. Throws what it says on stderr where it ends without one. */
  next(): Promise<unknown>
  /** All lines that it still prints until it ends. */
  rest(): Promise<readonly unknown[]>
  /** What it has printed on stderr so far. */
  errors(): string
}

/** Starts a program, by way of `launcher` (for example `prlimit --fsize=…`) where one is given. */
export function startProgram(
  t: TestContext,
  name: string,
  args: readonly string[],
  options: { readonly launcher?: readonly string[]; readonly spawn?: Pick<SpawnOptions, 'uid' | 'gid'> } = {},
): Program {
  const command = [
    ...(options.launcher ?? []),
    process.execPath,
    // Only the writer's thread is to be quiet by itself.
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'programs', name),
    ...args,
  ]
  const [executable = '', ...rest] = command
  const child = spawn(executable, rest, { ...options.spawn, stdio: ['pipe', 'pipe', 'pipe'] })
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    process: child,
    errors: () => errors,
    async next() {
      const { value, done } = await lines.next()
      assert.ok(!done, `${name} ended without an answer: ${errors}`)
      return JSON.parse(value)
    },
    async rest() {
      const all: unknown[] = []
      for (let line = await lines.next(); !line.done; line = await lines.next())
        all.push(JSON.parse(line.value))
      return all
    },
  }
}
