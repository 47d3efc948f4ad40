import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { splitAnswer } from './check-answer.ts'
import { Connection } from './connection.ts'
import type { Dialect } from './dialects.ts'
import type { SubjectName } from './options.ts'
import { recipeOf, type Target } from './subjects.ts'
import type { Workshop } from './workshop.ts'

/** A subject that serves. */
export interface Running {
  readonly target: Target
  readonly pid: number
  /** Milliseconds from the spawn to the first 200. */
  readonly readyMs: number
  /** What it says itself of its start in milliseconds, where it says so. */
  readonly readySaidMs: number | undefined
  /** Ends it by SIGTERM; after 10 s by SIGKILL, which is an error. */
  stop(): Promise<void>
}

/** Where subjects are started. */
export interface Site {
  readonly workshop: Workshop
  readonly dialect: Dialect
  readonly upstreamPort: number
  readonly compileCache: string
  readonly root: string
}

/** Starts a subject with an empty folder and waits until it serves, 20 s at most. `moreEnv` is added to its environment. */
export async function startSubject(
  name: SubjectName,
  site: Site,
  moreEnv: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const folder = site.workshop.folder(name)
  const logFile = path.join(folder, 'output.txt')
  const { target, args, env, readyPath } = recipeOf(name, { ...site, port: await freePort(), folder })
  const startedAt = performance.now()
  const child = site.workshop.spawn({ args, env: { ...env, ...moreEnv }, logFile })
  await waitUntilReady(name, child, target.port, readyPath, logFile)
  const readyMs = performance.now() - startedAt
  if (child.pid === undefined) throw new Error(`${name} has no process id.`)
  return {
    target,
    pid: child.pid,
    readyMs,
    readySaidMs: readySaid(readFileSync(logFile, 'utf8')),
    stop: () => stop(name, child),
  }
}

async function waitUntilReady(
  name: SubjectName,
  child: ChildProcess,
  port: number,
  readyPath: string,
  logFile: string,
) {
  const deadline = performance.now() + 20_000
  const request = Buffer.from(`GET ${readyPath} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`)
  while (!(await answers200(port, request))) {
    const gone = child.exitCode !== null || child.signalCode !== null
    if (gone || performance.now() > deadline) {
      const output = readFileSync(logFile, 'utf8').slice(-2000)
      throw new Error(
        `${name} ${gone ? 'ended' : 'did not answer within 20 s'} instead of serving. It printed:\n${output}`,
      )
    }
    await sleep(2)
  }
}

async function answers200(port: number, request: Buffer): Promise<boolean> {
  try {
    const connection = await Connection.open(port)
    const { bytes } = await connection.ask(request)
    connection.close()
    return splitAnswer(bytes).status === 200
  } catch {
    // Not listening yet; the caller has the deadline.
    return false
  }
}

function readySaid(output: string): number | undefined {
  const found = /ready[^\n]*?(\d+(?:\.\d+)?) ?(ms|s)\b/i.exec(output)
  return found === null ? undefined : Number(found[1]) * (found[2] === 's' ? 1000 : 1)
}

async function stop(name: SubjectName, child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = new AbortController()
  const late = sleep(10_000, 'late', { signal: timer.signal }).catch(() => 'aborted')
  const first = await Promise.race([gone, late])
  timer.abort()
  if (first === 'late') {
    child.kill('SIGKILL')
    throw new Error(`${name} did not end within 10 s of SIGTERM.`)
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = address !== null && typeof address === 'object' ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
