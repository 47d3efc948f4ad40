import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const readyWithinMs = 60_000

/** The secret of every simple gateway's admin token. */
export const secret = 'oc_tok_of_a_simple_gateway_0123456789abcdef'

/** A gateway of simple channels that runs as a process of its own. */
export interface SimpleGateway {
  readonly url: string
  readonly child: ChildProcess
  /** Calls a path as an administrator. */
  call(method: string, path: string, body?: unknown): Promise<Response>
  /** Kills it without a word, and waits. */
  kill(): Promise<void>
  /** SIGTERM, and waits. */
  stop(): Promise<void>
}

/** Makes a folder for a gateway, which goes away with the stack. */
export async function useHome(stack: AsyncDisposableStack): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'openclaw-channels-'))
  stack.defer(() => rm(home, { recursive: true, force: true }))
  return home
}

/** Starts a gateway on a folder, with its channels' platforms by name, and waits until it listens. */
export async function startSimpleGateway(
  home: string,
  platforms: Readonly<Record<string, string>>,
  config: Readonly<Record<string, unknown>> = {},
): Promise<SimpleGateway> {
  const file = join(home, 'openclaw.json5')
  const open = { dmPolicy: 'open', allowFrom: ['*'] }
  const tokens = {
    telegram: { botToken: 't' },
    discord: { token: 't' },
    slack: { botToken: 't', appToken: 't' },
  }
  const channels = Object.fromEntries(
    Object.keys(platforms).map((name) => [name, { ...open, ...Object(Object(tokens)[name]) }]),
  )
  const token = {
    name: 'admin',
    token: `sha256:${createHash('sha256').update(secret).digest('hex')}`,
    scope: ['admin'],
    rateLimit: 1_000_000,
  }
  await mkdir(join(home, 'state'), { recursive: true })
  const content = { channels, api: { auth: { tokens: [token] } }, logging: { level: 'warn' }, ...config }
  await writeFile(file, JSON.stringify(content), { mode: 0o600 })
  const program = join(import.meta.dirname, 'programs', 'simple-gateway.ts')
  const child = spawn(process.execPath, [program, file, JSON.stringify(platforms)], {
    env: { PATH: process.env.PATH ?? '', HOME: home, OPENCLAW_STATE_DIR: join(home, 'state') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  let printed = ''
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      printed += chunk.toString()
      const address = /Address (http:\S+)/.exec(printed)?.[1]
      if (address !== undefined) resolve(address)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void exited.then(() => reject(new Error(`the gateway ended:\n${printed}`)))
    setTimeout(
      () => reject(new Error(`the gateway was not ready in time:\n${printed}`)),
      readyWithinMs,
    ).unref()
  }).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await exited
  }
  return {
    url,
    child,
    call: (method, path, body) =>
      fetch(`${url}${path}`, {
        method,
        headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  }
}
