import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..', '..')
// A start takes a second; on a machine that does ten other things it took twenty.
const readyWithinMs = 90_000
// One that is stuck ends all the same, and its test with it.
const stopWithinMs = 60_000

/** How a test wants its gateway. */
export interface GatewayUnderTest {
  /** Sections of the config file; `api.auth.tokens` are added, and a rate limit out of the way where it has none. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Tokens by name; the default is one `admin` with scope admin. */
  readonly tokens?: Readonly<
    Record<string, Readonly<Record<string, unknown>> & { readonly scope: readonly string[] }>
  >
  readonly env?: Readonly<Record<string, string>>
  /** A folder of an earlier gateway, to start on its data again. It is left in place. */
  readonly home?: string
}

/** A gateway that runs as a process of its own, started as a user starts it. */
export interface RunningGateway {
  /** Without a slash at the end. */
  readonly url: string
  /** Secrets by the token's name. */
  readonly secrets: Readonly<Record<string, string>>
  /** The secret of `admin`. */
  readonly token: string
  /** Holds `state` and `openclaw.json5`. */
  readonly home: string
  readonly pid: number
  readonly child: ChildProcess
  /** All that was printed so far. */
  output(): string
  /** Resolves to exit code and signal. */
  readonly exited: Promise<readonly [number | null, string | null]>
  /** Calls a path with a token (admin by default) and a JSON body. */
  call(method: string, path: string, body?: unknown, secret?: string): Promise<Response>
  /** SIGTERM, waits, removes the folder. */
  stop(): Promise<void>
}

/** Starts a gateway on a free port with a folder, a config and tokens of its own, and waits until it serves. */
export async function startGateway(options: GatewayUnderTest = {}): Promise<RunningGateway> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'openclaw-test-')))
  const tokens = Object.entries(options.tokens ?? { admin: { scope: ['admin'] } }).map(([name, token]) => ({
    name,
    secret: secretOf(home, name),
    token,
  }))
  const file = join(home, 'openclaw.json5')
  await mkdir(join(home, 'state'), { recursive: true })
  await writeFile(file, JSON.stringify(withTokens(options.config ?? {}, tokens)), { mode: 0o600 })
  const child = spawn(
    process.execPath,
    [join(root, 'bin/openclaw.js'), 'gateway', '--port', '0', '--config', file],
    {
      cwd: home,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: home,
        OPENCLAW_STATE_DIR: join(home, 'state'),
        OLLAMA_HOST: '127.0.0.1:1',
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let printed = ''
  const exited = once(child, 'exit').then(([code, signal]): readonly [number | null, string | null] => [
    code,
    signal,
  ])
  const url = await new Promise<string>((ready, refuse) => {
    const read = (chunk: Buffer): void => {
      printed += chunk.toString()
      const address = /Address +(http:\/\/[^\s]+)/.exec(printed)?.[1]
      if (address !== undefined) ready(address)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void exited.then(([code, signal]) =>
      refuse(new Error(`the gateway ended (${code ?? signal}):\n${printed}`)),
    )
    setTimeout(
      () => refuse(new Error(`the gateway was not ready in time:\n${printed}`)),
      readyWithinMs,
    ).unref()
  }).catch(async (error: unknown) => {
    child.kill('SIGKILL')
    if (options.home === undefined) await rm(home, { recursive: true, force: true })
    throw error
  })
  const secrets = Object.fromEntries(tokens.map(({ name, secret }) => [name, secret]))
  const token = secrets.admin ?? ''
  return {
    url,
    secrets,
    token,
    home,
    pid: child.pid ?? 0,
    child,
    output: () => printed,
    exited,
    call: (method, path, body, secret = token) =>
      fetch(`${url}${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${secret}`,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
      await exited
      clearTimeout(late)
      if (options.home === undefined) await rm(home, { recursive: true, force: true })
    },
  }
}

// The same for the same folder, so that a second start on it has the same tokens.
function secretOf(home: string, name: string): string {
  return `oc_tok_${createHash('sha256').update(`${home}\n${name}`).digest('base64url').replace(/[-_]/g, 'x').slice(0, 36)}`
}

function withTokens(
  config: Readonly<Record<string, unknown>>,
  tokens: readonly {
    readonly name: string
    readonly secret: string
    readonly token: Readonly<Record<string, unknown>>
  }[],
): unknown {
  const api = isRecord(config.api) ? config.api : {}
  const auth = isRecord(api.auth) ? api.auth : {}
  const entries = tokens.map(({ name, secret, token }) => ({
    name,
    token: `sha256:${createHash('sha256').update(secret).digest('hex')}`,
    ...token,
  }))
  // Only a test about limits wants to meet them.
  const rateLimit = { perToken: { windowMs: 60_000, maxRequests: 1_000_000 } }
  return { ...config, api: { rateLimit, ...api, auth: { ...auth, tokens: entries } } }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
