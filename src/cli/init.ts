import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname } from 'node:path'
import { configTokens } from '../config/config-tokens.ts'
import { environment } from '../config/environment.ts'
import { defaultConfig, type LoadedConfig, loadConfig } from '../config/load.ts'
import { configPath } from '../config/paths.ts'
import { createToken, type NewToken } from '../domain/tokens/create-token.ts'
import { inspectProviders } from '../gateway/find-providers.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { channelNames, type FirstConfig, firstConfigText } from './init-config.ts'
import { type Asker, createAsker } from './init-questions.ts'
import { printError, printJson } from './output.ts'
import { printSecret, secretRow } from './token-create.ts'
import { withTokens } from './token-setup.ts'
import { UsageError } from './usage-error.ts'

/** Options of `openclaw init`: one for each question. */
export interface InitOptions extends JsonOptions {
  readonly provider?: string
  readonly baseUrl?: string
  readonly apiKeyEnv?: string
  readonly apiKeyFile?: string
  readonly model?: string
  readonly port?: number
  readonly channels?: string
  readonly tokenName?: string
  readonly tokenScope?: string
  /** False where the provider is not to be asked. */
  readonly check?: boolean
  readonly yes?: boolean
  readonly force?: boolean
}

const keyVariables: Readonly<Record<string, string>> = {
  anthropic: 'ANTHROPIC_API_KEY',
  openai: 'OPENAI_API_KEY',
  gemini: 'GEMINI_API_KEY',
  openrouter: 'OPENROUTER_API_KEY',
}
const known = [...Object.keys(keyVariables), 'ollama']
const portDefault = 18_789
const example = 'openclaw init --provider anthropic --api-key-env ANTHROPIC_API_KEY --yes'

/**
 * Writes a first config file with comments, and makes a first token. Asks on a terminal; each question has an option, and without a terminal
 * or with `--yes` what is not given has its default. A provider is asked for its models, which costs nothing, before anything is written.
 */
export async function initCommand(options: InitOptions): Promise<number> {
  const env = environment()
  const configFlag = options.config === undefined ? {} : { configFlag: options.config }
  const { file } = configPath({ ...configFlag, env, home: homedir() })
  if (existsSync(file) && options.force !== true) {
    throw new UsageError(`${file} exists already; --force moves it aside.`, 'openclaw init --force')
  }
  using asker = createAsker(options.yes === true || process.stdin.isTTY !== true)
  const config = await answersOf(options, asker)
  const loaded = await writeChecked(file, firstConfigText(config), options)
  const made = await firstToken(options, asker, loaded)
  report(options, loaded, file, made)
  return exitCodes.ok
}

async function answersOf(options: InitOptions, asker: Asker): Promise<FirstConfig> {
  const found = await foundProviders()
  if (found.length > 0) printError(`Found: ${found.join(', ')}.`)
  const suggested = found[0] ?? 'none'
  const asked =
    options.provider ??
    (await asker.ask(`Provider (${known.join(', ')}, a name of your own, or none)`, suggested))
  const provider = asked === 'none' || asked === 'demo' ? undefined : asked
  const baseUrl = await baseUrlOf(options, asker, provider)
  const apiKey =
    provider === undefined ? undefined : await keyOf(options, asker, provider, baseUrl !== undefined)
  const model =
    options.model ?? ((await asker.ask('Default model (empty: the first one found)', '')) || undefined)
  const port = options.port ?? portOf(await asker.ask('Port', String(portDefault)))
  const channels = channelsOf(
    options.channels ?? (await asker.ask('Channels (telegram, discord, slack, or none)', 'none')),
  )
  return { provider, baseUrl, apiKey, model, port, channels }
}

async function foundProviders(): Promise<readonly string[]> {
  const env = environment()
  const { providers } = await inspectProviders(defaultConfig({ env, home: homedir() }), env)
  return providers.filter(({ status }) => status !== 'failed').map(({ name }) => name)
}

async function baseUrlOf(
  options: InitOptions,
  asker: Asker,
  provider: string | undefined,
): Promise<string | undefined> {
  if (provider === undefined || known.includes(provider)) return options.baseUrl
  const url = options.baseUrl ?? (await asker.ask(`Address of ${provider}, as its SDK takes it`, ''))
  if (URL.canParse(url)) return url
  throw new UsageError(
    `${provider} is not known by name, so it needs an address: --base-url.`,
    `openclaw init --provider ${provider} --base-url http://127.0.0.1:8000/v1`,
  )
}

// A key is never an argument: those stand in the list of processes.
async function keyOf(
  options: InitOptions,
  asker: Asker,
  provider: string,
  isOwn: boolean,
): Promise<string | undefined> {
  if (options.apiKeyFile !== undefined) return readFileSync(options.apiKeyFile, 'utf8').trim()
  const variable = options.apiKeyEnv ?? keyVariables[provider]
  if (variable !== undefined && (environment()[variable] ?? '') !== '') return `\${${variable}}`
  if (options.apiKeyEnv !== undefined)
    throw new UsageError(`The variable ${options.apiKeyEnv} is not set.`, example)
  if (provider === 'ollama') return undefined
  const key = await asker.askSecret(`API key of ${provider}${isOwn ? ' (empty: none)' : ''}`)
  if (key !== '' || isOwn) return key === '' ? undefined : key
  throw new UsageError(
    `${provider} needs a key: set ${variable ?? 'a variable and name it by --api-key-env'}, or give --api-key-file.`,
    example,
  )
}

// The file stands beside its place until it is known to be one that the gateway reads and whose provider answers.
async function writeChecked(file: string, text: string, options: InitOptions): Promise<LoadedConfig> {
  const unfinished = `${file}.new`
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  rmSync(unfinished, { force: true })
  writeFileSync(unfinished, text, { mode: 0o600, flag: 'wx' })
  try {
    const loaded = loadConfig({ configFlag: unfinished, env: environment(), home: homedir() })
    if (options.check !== false) await checkLive(loaded)
    if (existsSync(file)) renameSync(file, `${file}.before-init`)
    renameSync(unfinished, file)
    return { ...loaded, file }
  } finally {
    rmSync(unfinished, { force: true })
  }
}

async function checkLive(loaded: LoadedConfig): Promise<void> {
  if (Object.keys(loaded.config.models.providers).length === 0) return
  const { providers } = await inspectProviders(loaded, environment())
  for (const { name, status, models, sentence = '' } of providers) {
    if (status === 'failed') throw new UsageError(`${sentence} Nothing was written.`, `${example} --no-check`)
    printError(`${name} answers${status === 'ok' ? ` and lists ${models} models` : ''}.`)
  }
}

async function firstToken(
  options: InitOptions,
  asker: Asker,
  loaded: LoadedConfig,
): Promise<NewToken | undefined> {
  const name = options.tokenName ?? (await asker.ask('Name of a first token (none: no token)', 'my-app'))
  if (name === 'none') return undefined
  const scope = options.tokenScope ?? (await asker.ask('Its scopes', 'chat,send,read'))
  const scopes = scope.split(/[,\s]+/).filter((part) => part !== '')
  let made: NewToken | undefined
  await withTokens(loaded.file === null ? {} : { config: loaded.file }, async ({ parts }) => {
    made = await createToken(parts, { name, scopes, configTokens: configTokens(loaded.config) })
    return exitCodes.ok
  })
  return made
}

function report(options: InitOptions, loaded: LoadedConfig, file: string, made: NewToken | undefined): void {
  const { port } = loaded.config.api
  if (options.json === true) {
    printJson({ file, port, token: made === undefined ? null : secretRow(made) })
    return
  }
  if (made) printSecret(made)
  printError(`Written: ${file}`)
  const named = options.config === undefined ? '' : ` --config ${file}`
  printError(`Start the gateway: openclaw gateway${named}`)
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65_535) return port
  throw new UsageError('A port is a whole number from 1 to 65535.', 'openclaw init --port 18789')
}

function channelsOf(text: string): FirstConfig['channels'] {
  const words = text.split(/[,\s]+/).filter((word) => word !== '' && word !== 'none')
  return words.map((word) => {
    const name = channelNames.find((each) => each === word)
    if (name !== undefined) return name
    throw new UsageError(
      `There is no channel ${word}: known are ${channelNames.join(', ')}.`,
      'openclaw init --channels telegram',
    )
  })
}
