import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { environment } from '../config/environment.ts'
import { defaultConfig, type LoadedConfig } from '../config/load.ts'
import { inspectProviders } from '../gateway/find-providers.ts'
import type { InitOptions } from './init.ts'
import type { FirstConfig } from './init-config.ts'
import type { Asker } from './init-questions.ts'
import { printError } from './output.ts'
import { shellWord } from './shell.ts'
import { UsageError } from './usage-error.ts'

/** Who is to answer, and with which key. */
export interface ChosenProvider extends Pick<FirstConfig, 'provider' | 'baseUrl' | 'apiKey'> {
  /** What it lists; undefined where it was not asked. */
  readonly modelIds: readonly string[] | undefined
}

const keyVariables: Readonly<Record<string, string>> = {
  anthropic: 'ANTHROPIC_API_KEY',
  openai: 'OPENAI_API_KEY',
  gemini: 'GEMINI_API_KEY',
  openrouter: 'OPENROUTER_API_KEY',
}
const known = [...Object.keys(keyVariables), 'ollama']
const keyTriesMax = 5

/**
 * Asks for a provider and its key, and then asks that provider for its models, which costs nothing: a person at the terminal can mend what
 * it refuses at once. `load` makes a config of what is known so far. Throws `UsageError` for what cannot be.
 */
export async function chooseProvider(
  options: InitOptions,
  asker: Asker,
  load: (chosen: Omit<ChosenProvider, 'modelIds'>) => LoadedConfig,
): Promise<ChosenProvider> {
  const found = await foundProviders()
  if (found.length > 0) printError(`Found: ${found.join(', ')}.`)
  const asked =
    options.provider ??
    (await asker.ask(`Provider (${known.join(', ')}, a name of your own, or none)`, found[0] ?? 'none'))
  if (asked === 'none' || asked === 'demo') {
    return { provider: undefined, baseUrl: options.baseUrl, apiKey: undefined, modelIds: undefined }
  }
  const baseUrl = await baseUrlOf(options, asker, asked)
  let apiKey = await keyOf(options, asker, asked, baseUrl !== undefined)
  if (options.check === false) return { provider: asked, baseUrl, apiKey, modelIds: undefined }
  for (let tries = 1; ; tries++) {
    const chosen = { provider: asked, baseUrl, apiKey }
    const { providers } = await inspectProviders(load(chosen), environment())
    const failed = providers.find(({ status }) => status === 'failed')
    if (failed === undefined) {
      const [one] = providers
      const count = one?.status === 'ok' ? ` and lists ${one.models} models` : ''
      printError(`${asked} answers${count}.`)
      return { ...chosen, modelIds: one?.status === 'ok' ? one.modelIds : undefined }
    }
    const { sentence = `${asked} does not answer.` } = failed
    const unchecked = `${lineFor(asked, options)} --no-check`
    if (asker.isSilent || tries === keyTriesMax)
      throw new UsageError(`${sentence} Nothing was written.`, unchecked)
    printError(sentence)
    if (/refuses our key/.test(sentence)) {
      const again = await asker.askSecret('Another key (empty: keep this one)')
      if (again === '') return { ...chosen, modelIds: undefined }
      apiKey = again
    } else if (!/^y/i.test(await asker.ask('Go on all the same? (yes or no)', 'no'))) {
      throw new UsageError(`${asked} does not answer. Nothing was written.`, unchecked)
    } else return { ...chosen, modelIds: undefined }
  }
}

async function foundProviders(): Promise<readonly string[]> {
  const env = environment()
  const { providers } = await inspectProviders(defaultConfig({ env, home: homedir() }), env)
  return providers.filter(({ status }) => status !== 'failed').map(({ name }) => name)
}

async function baseUrlOf(options: InitOptions, asker: Asker, provider: string): Promise<string | undefined> {
  if (known.includes(provider)) return options.baseUrl
  const url = options.baseUrl ?? (await asker.ask(`Address of ${provider}, as its SDK takes it`, ''))
  if (URL.canParse(url)) return url
  throw new UsageError(
    `${provider} is not known by name, so it needs an address: --base-url.`,
    `openclaw init --provider ${shellWord(provider)} --base-url http://127.0.0.1:8000/v1`,
  )
}

// A key is never an argument: those stand in the list of processes.
async function keyOf(
  options: InitOptions,
  asker: Asker,
  provider: string,
  isOwn: boolean,
): Promise<string | undefined> {
  if (options.apiKeyFile !== undefined) return readKey(options.apiKeyFile, lineFor(provider, options))
  const variable = options.apiKeyEnv ?? keyVariables[provider]
  if (variable !== undefined && (environment()[variable] ?? '') !== '') return `\${${variable}}`
  if (options.apiKeyEnv !== undefined)
    throw new UsageError(`The variable ${options.apiKeyEnv} is not set.`, `export ${options.apiKeyEnv}=…`)
  if (provider === 'ollama') return undefined
  const key = await asker.askSecret(`API key of ${provider}${isOwn ? ' (empty: none)' : ''}`)
  if (key !== '' || isOwn) return key === '' ? undefined : key
  throw new UsageError(
    `${provider} needs a key: set ${variable ?? 'a variable and name it by --api-key-env'}, or give --api-key-file.`,
    lineFor(provider, options),
  )
}

function readKey(file: string, example: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const sentence =
      code === 'ENOENT' ? `There is no file ${file}.` : `The file ${file} cannot be read (${code}).`
    throw new UsageError(sentence, example)
  }
}

// The caller's own line again: a hint about another provider helps nobody.
function lineFor(provider: string, { baseUrl, apiKeyFile, apiKeyEnv }: InitOptions): string {
  const variable = apiKeyEnv ?? keyVariables[provider]
  const key =
    apiKeyFile !== undefined
      ? ` --api-key-file ${shellWord(apiKeyFile)}`
      : variable === undefined
        ? ''
        : ` --api-key-env ${shellWord(variable)}`
  const address = baseUrl === undefined ? '' : ` --base-url ${shellWord(baseUrl)}`
  return `openclaw init --provider ${shellWord(provider)}${address}${key} --yes`
}
