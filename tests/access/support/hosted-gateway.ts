import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../../src/config/load.ts'
import type { Clock } from '../../../src/domain/clock.ts'
import type { ModelProvider } from '../../../src/domain/models/provider.ts'
import { createGateway } from '../../../src/gateway.ts'
import { ScriptedProvider } from '../../support/scripted-provider.ts'

/** How a test wants the gateway that it holds in its own process. */
export interface HostedOptions {
  /** The section `api` of the config; tokens are added. */
  readonly api?: Readonly<Record<string, unknown>>
  /** Tokens by name; the default is one `admin` with scope admin. */
  readonly tokens?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** The default says `Hello.` */
  readonly providers?: readonly ModelProvider[]
  readonly clock?: Clock
}

/** A gateway in this process, which serves over a real socket. */
export interface HostedGateway extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string
  /** Returns the secret of a token by its name, `admin` by default. */
  secret(name?: string): string
  /** The log so far. */
  readonly log: readonly string[]
  /** Stops it as a signal would, with so much time for what runs. */
  close(graceMs: number): Promise<void>
}

/** A wall clock that stands still until it is moved on. The other one goes as it does. */
export interface HandClock extends Clock {
  advance(ms: number): void
}

/** Makes a clock that stands at a time, in milliseconds since the epoch. */
export function handClock(start: number): HandClock {
  let at = start
  return {
    now: () => at,
    monotonic: () => performance.now(),
    advance(ms) {
      at += ms
    },
  }
}

/** Starts a gateway on a free port of this process, with a folder of its own that goes with it. */
export async function hostGateway(options: HostedOptions = {}): Promise<HostedGateway> {
  await using stack = new AsyncDisposableStack()
  const home = await mkdtemp(join(tmpdir(), 'openclaw-hosted-'))
  stack.defer(() => rm(home, { recursive: true, force: true }))
  const names = Object.entries(options.tokens ?? { admin: { scope: ['admin'], rateLimit: 1_000_000 } })
  const secrets = new Map(names.map(([name]) => [name, secretOf(home, name)]))
  const tokens = names.map(([name, token]) => ({ name, token: secrets.get(name), ...token }))
  const auth = options.api?.auth
  const config = { api: { ...options.api, auth: { ...(typeof auth === 'object' ? auth : {}), tokens } } }
  const file = join(home, 'openclaw.json5')
  await writeFile(file, JSON.stringify(config), { mode: 0o600 })
  const env = { OPENCLAW_STATE_DIR: join(home, 'state') }
  const loaded = loadConfig({ env, home, configFlag: file })
  const log: string[] = []
  const gateway = await createGateway(
    { loaded, env, version: '0.0.0', print: (line) => log.push(line) },
    {
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      providers: options.providers ?? [new ScriptedProvider('scripted', ['one'])],
    },
  )
  stack.defer(() => gateway.close(0))
  const url = await gateway.listen(loaded.config.api.host, 0)
  const owned = stack.move()
  return {
    url,
    secret(name = 'admin') {
      const secret = secrets.get(name)
      if (secret === undefined) throw new Error(`there is no token ${name}`)
      return secret
    },
    log,
    close: (graceMs) => gateway.close(graceMs),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function secretOf(home: string, name: string): string {
  const hash = createHash('sha256').update(`${home} ${name}`).digest('hex')
  return `oc_tok_${hash.slice(0, 36)}`
}
