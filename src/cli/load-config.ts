import { homedir } from 'node:os'
import { environment } from '../config/environment.ts'
import { defaultConfig, type LoadedConfig, loadConfig } from '../config/load.ts'
import { configPath } from '../config/paths.ts'
import { portFrom } from '../config/port.ts'
import { ConfigError } from '../config/problem.ts'
import type { GlobalOptions } from './grammar.ts'
import { UsageError } from './usage-error.ts'

/**
 * Loads the config for a command beside a gateway, which may have been started from a terminal with other variables: a value that stands
 * in one that is not set here is open, see {@link requireSet}. Throws `UsageError` where a file that was named is not there, and `ConfigError`.
 */
export function loadBeside(options: GlobalOptions): LoadedConfig {
  // No port is opened or asked here, so that an unusable OPENCLAW_GATEWAY_PORT is no matter.
  return load(options, 0)
}

/** The same for a command that goes to the gateway's address. One that stands in unset variables, and an unusable port, is a `UsageError`. */
export function loadForAddress(options: GlobalOptions): LoadedConfig {
  const port = portFrom(undefined, environment())
  if (typeof port === 'object') {
    throw new UsageError(`${port.path}: ${port.sentence}`, `export ${port.path}=18789`)
  }
  const loaded = load(options, port)
  requireSet(loaded, addressKeys, ', or name the gateway by --url')
  return loaded
}

/** Returns what stands without a file, for a command that goes on without one that has mistakes. */
export function configWithoutFile(): LoadedConfig {
  const env = environment()
  const loaded = defaultConfig({ env, home: homedir() })
  const port = portFrom(undefined, env)
  if (typeof port === 'number') loaded.config.api.port = port
  return loaded
}

/** Throws `UsageError` where a value at one of the paths, or below it, stands in a variable that is not set in this terminal. */
export function requireSet({ unset }: LoadedConfig, paths: readonly string[], orElse = ''): void {
  const missing = unset.find(({ path }) => paths.some((one) => isAtOrBelow(path, one)))
  if (missing === undefined) return
  const { variable, path } = missing
  throw new UsageError(
    `${variable} is not set in this terminal, and ${path} of the config stands in it. Set it as the gateway has it${orElse}.`,
    `export ${variable}=…`,
  )
}

/** True where one path of the config is another one, or leads to something in it. */
export function isAtOrBelow(path: string, other: string): boolean {
  return path === other || (path.startsWith(other) && /^[.[]/.test(path.slice(other.length)))
}

const addressKeys = ['api.host', 'api.port', 'api.tls.certFile']

function load(options: GlobalOptions, portFlag: number | undefined): LoadedConfig {
  const configFlag = options.config === undefined ? {} : { configFlag: options.config }
  const port = portFlag === undefined ? {} : { portFlag }
  const from = { ...configFlag, env: environment(), home: homedir() }
  try {
    return loadConfig({ ...from, ...port, mayLackVariables: true })
  } catch (error) {
    if (error instanceof ConfigError && error.problems.some(isNoFile)) {
      throw noConfigFile(configPath(from).file, options)
    }
    throw error
  }
}

/** Makes the error for a config file that somebody named and that is not there. */
export function noConfigFile(file: string, { config }: GlobalOptions): UsageError {
  const by = config === undefined ? ', which OPENCLAW_CONFIG names' : ''
  return new UsageError(`There is no file ${file}${by}.`, 'openclaw config path')
}

function isNoFile({ line, sentence }: ConfigError['problems'][number]): boolean {
  return line === 0 && sentence === 'there is no such file.'
}
