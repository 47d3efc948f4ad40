import { createHash, randomFillSync } from 'node:crypto'
import { homedir } from 'node:os'
import { configTokens } from '../config/config-tokens.ts'
import { environment } from '../config/environment.ts'
import { type LoadedConfig, type LoadOptions, loadConfig } from '../config/load.ts'
import { configPath } from '../config/paths.ts'
import { ConfigError, formatProblem } from '../config/problem.ts'
import { fingerprint, watchConfig } from '../config/watch.ts'
import { GatewayError } from '../domain/errors.ts'
import { checkModelNames } from '../domain/models/check-model-names.ts'
import { createToken } from '../domain/tokens/create-token.ts'
import { createGateway, type Gateway } from '../gateway.ts'
import { banner } from './banner.ts'
import { keepFirstToken } from './first-token.ts'
import { createLinePrinter, print, printError } from './output.ts'
import { exitOnSecondSignal, nextStopSignal } from './stop-signal.ts'
import { version } from './version.ts'

// With what ends after it, a stop stays below the 30 seconds that container supervisors wait.
const graceMs = 25_000
const listingMs = 1_500

/** What a supervisor must not restart on: only a person can mend it. */
const exitUsage = 2

/** Runs the gateway until a signal ends it. Resolves to the exit code: 0 after a clean stop, 1 for trouble, 2 for a config that cannot be. */
export async function runGateway(options: {
  readonly config?: string
  readonly port?: number
}): Promise<number> {
  const { file } = configPath(loadOptions(options))
  const baseline = fingerprint(file)
  const loaded = load(options)
  if (!loaded) return exitUsage
  const stopSignal = nextStopSignal()
  let gateway: Gateway | undefined
  try {
    gateway = await createGateway({ loaded, env: environment(), version, print: createLinePrinter() })
    const url = await gateway.listen(loaded.config.api.host, loaded.config.api.port)
    const readyMs = Math.round(performance.now())
    const { parts } = gateway
    await inTime(
      parts.models.refresh().then(() => checkModelNames(parts)),
      listingMs,
    )
    print(banner({ loaded, gateway, url, readyMs, version, firstToken: await firstToken(loaded, gateway) }))
    using _following = followConfig(gateway, file, baseline, () => loadConfig(loadOptions(options)))
    const signal = await stopSignal
    print(
      `${signal === 'npx' ? 'npx was ended' : signal}: finishing what runs (at most ${graceMs / 1000} s; once more to stop at once)`,
    )
    exitOnSecondSignal()
    await gateway.close(graceMs)
    print('Stopped.')
    return 0
  } catch (error) {
    await gateway?.close(0)
    printError(sentenceOf(error, loaded))
    return 1
  }
}

function loadOptions(options: { readonly config?: string; readonly port?: number }): LoadOptions {
  return {
    env: environment(),
    home: homedir(),
    ...(options.config === undefined ? {} : { configFlag: options.config }),
    ...(options.port === undefined ? {} : { portFlag: options.port }),
  }
}

function load(options: { readonly config?: string; readonly port?: number }): LoadedConfig | undefined {
  try {
    const loaded = loadConfig(loadOptions(options))
    for (const problem of loaded.problems) printError(formatProblem(problem))
    return loaded
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const problem of error.problems) printError(formatProblem(problem))
    const isFile = error.problems.some(({ severity, file }) => severity === 'error' && file !== 'environment')
    printError(
      isFile
        ? 'The gateway was not started. Mend the file, then check it: openclaw config validate'
        : 'The gateway was not started. Mend that variable, or give --port.',
    )
    return undefined
  }
}

// A valid change counts at once; an invalid one is logged, and the last good config stays.
function followConfig(
  gateway: Gateway,
  file: string,
  baseline: string,
  load: () => LoadedConfig,
): Disposable {
  const { log } = gateway.parts
  const refused = (lines: readonly string[]): void => {
    for (const problem of lines) log('error', 'config not reloaded', { problem })
  }
  return watchConfig({
    file,
    baseline,
    load,
    onChange: (loaded) => {
      for (const problem of loaded.problems)
        log('warn', 'config warning', { problem: formatProblem(problem) })
      gateway
        .reload(loaded)
        .catch((error: unknown) => refused([error instanceof Error ? error.message : String(error)]))
    },
    onProblem: refused,
  })
}

// On the first start without any token there is one to begin with, shown on a terminal only.
async function firstToken(
  loaded: LoadedConfig,
  gateway: Gateway,
): Promise<{ secret: string; file: string | null } | null> {
  if (!loaded.config.api.auth.enabled || (await gateway.authenticator.count()) > 0) return null
  const { tokens } = await gateway.parts.store.tokens.load()
  if (tokens.length > 0) return null
  const { secret } = await createToken(
    {
      store: gateway.parts.store,
      ids: gateway.parts.ids,
      now: gateway.parts.clock.now,
      fillRandom: (bytes) => void randomFillSync(bytes),
      sha256Hex: (text) => createHash('sha256').update(text).digest('hex'),
    },
    { name: 'admin', scopes: ['admin'], configTokens: configTokens(loaded.config) },
  )
  return { secret, file: process.stdout.isTTY ? null : keepFirstToken(loaded.paths.stateDir, secret) }
}

async function inTime(work: Promise<void>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  await Promise.race([
    work,
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms)
    }),
  ])
  clearTimeout(timer)
}

function sentenceOf(error: unknown, loaded: LoadedConfig): string {
  if (error instanceof GatewayError) return error.message
  const { host, port } = loaded.config.api
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'EADDRINUSE':
      return `Port ${port} is taken by another program. Stop it, or choose another one: openclaw gateway --port ${otherPort(port)}. Or, for every command of a terminal: export OPENCLAW_GATEWAY_PORT=${otherPort(port)}`
    case 'EACCES':
      return `Port ${port} needs more rights than this user has. Choose one above 1023: openclaw gateway --port 18789`
    case 'EADDRNOTAVAIL':
      return `This machine has no address ${host}. Set api.host to one that it has, for example 127.0.0.1.`
    default:
      return `The gateway could not go on: ${error instanceof Error ? error.message : String(error)}`
  }
}

function otherPort(port: number): number {
  return port === 65_535 ? 18_789 : port + 1
}
