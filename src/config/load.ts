import { dirname } from 'node:path'
import { addChannelTokens, type ChannelFromEnvironment } from './channel-tokens.ts'
import type { Env } from './environment.ts'
import { parseJson5 } from './json5.ts'
import { absolutePath } from './kinds.ts'
import { type ConfigPath, configPath, type StatePaths, statePaths } from './paths.ts'
import { portFrom } from './port.ts'
import { ConfigError, type Problem } from './problem.ts'
import { readConfigFile } from './read-file.ts'
import { readObject, readValue } from './read-value.ts'
import { type Reading, report, type UnsetValue } from './reading.ts'
import { checkRules } from './rules.ts'
import { type Config, ConfigSchema } from './schema.ts'
import type { SchemaNode } from './schema-node.ts'

/** Where a configuration comes from. */
export interface LoadOptions {
  /** `--config`. */
  readonly configFlag?: string
  /** `--port`: 0 to 65535, where 0 takes a free port. Already checked. */
  readonly portFlag?: number
  readonly env: Env
  /** True for a look from another terminal than the gateway's: a variable that is not set leaves its value open and is no error. */
  readonly mayLackVariables?: boolean
  /** Home folder of the user, an absolute path. */
  readonly home: string
}

/** A configuration that can be. */
export interface LoadedConfig {
  readonly config: Config
  /** Absolute path of the file, or null where there is none and everything has its default. */
  readonly file: string | null
  readonly paths: StatePaths
  /** Warnings, in the order of the file. */
  readonly problems: readonly Problem[]
  /** Paths of the secrets that stand in the file in plain text, for example `api.auth.tokens[0].token`. */
  readonly plainSecrets: readonly string[]
  /** Channels whose tokens the environment gave. */
  readonly channelsFromEnvironment: readonly ChannelFromEnvironment[]
  /** Values that are open; none unless `mayLackVariables`. */
  readonly unset: readonly UnsetValue[]
}

/**
 * Loads the configuration: finds the file, reads it, checks all of it and fills in the defaults. Throws {@link ConfigError} with every
 * problem at once, and nothing else; a file that nobody named may be missing.
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const path = configPath(options)
  const file = readConfigFile(path)
  if ('problem' in file) throw new ConfigError([file.problem])
  const loaded = readConfig(file.text, path, options, file.readableByOthers)
  return { ...loaded, file: file.text === null ? null : path.file }
}

/** Returns the configuration that stands where there is no file and no variable: every default. */
export function defaultConfig(options: Pick<LoadOptions, 'env' | 'home'>): LoadedConfig {
  const path = { file: '', named: false }
  return {
    ...readConfig(null, path, { env: {}, home: options.home }, false),
    file: null,
    paths: statePaths(options),
  }
}

function readConfig(
  text: string | null,
  path: ConfigPath,
  options: LoadOptions,
  readableByOthers: boolean,
): Omit<LoadedConfig, 'file'> {
  const reading: Reading = {
    file: path.file,
    text: text ?? '',
    root,
    env: options.env,
    folders: { base: dirname(path.file), home: options.home },
    problems: [],
    places: new Map(),
    paths: new Map(),
    plainSecrets: [],
    unset: options.mayLackVariables === true ? [] : null,
  }
  const config = asConfig(text === null ? readObject(root, undefined, '', reading) : readRoot(text, reading))
  const channelsFromEnvironment =
    config === undefined ? [] : addChannelTokens(config.channels, reading, () => blankChannels(reading))
  if (config !== undefined) checkRules(config, reading, readableByOthers)
  const port = portFrom(options.portFlag, options.env)
  if (typeof port === 'object') reading.problems.push(port)
  const problems = reading.problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
  if (config === undefined || problems.some((problem) => problem.severity === 'error'))
    throw new ConfigError(problems)
  if (typeof port === 'number') config.api.port = port
  config.skills.dirs ??= [absolutePath('skills', reading.folders)]
  return {
    config,
    paths: statePaths(options),
    problems,
    plainSecrets: reading.plainSecrets,
    channelsFromEnvironment,
    // What `--port` or the variable says goes before the file.
    unset: (reading.unset ?? []).filter(({ path }) => typeof port !== 'number' || path !== 'api.port'),
  }
}

const root: SchemaNode = ConfigSchema

// Each channel's section with every default, as if the file held it empty.
function blankChannels(reading: Reading): Config['channels'] {
  const text = '{ channels: { telegram: {}, discord: {}, slack: {} } }'
  const blank = { ...reading, text, problems: [], places: new Map(), paths: new Map() }
  return asConfig(readRoot(text, blank))?.channels ?? {}
}

function readRoot(text: string, reading: Reading): unknown {
  const parsed = parseJson5(text)
  if ('root' in parsed) return readValue(root, parsed.root, '', reading)
  report(reading, 'error', parsed.fault, '', parsed.fault.sentence)
  return undefined
}

/**
 * The proven cast from what the reader returns. Proof: it walks `ConfigSchema` itself, and returns an object only where every required
 * key of it holds a value that its own schema took or its own default; `tests/config/load.test.ts` has TypeBox check the same.
 */
function asConfig(value: unknown): Config | undefined {
  return typeof value === 'object' && value !== null ? (value as Config) : undefined
}
