import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname } from 'node:path'
import { environment } from '../config/environment.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { configPath } from '../config/paths.ts'
import type { NewToken } from '../domain/tokens/create-token.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { channelNames, type FirstConfig, firstConfigText } from './init-config.ts'
import { chooseProvider } from './init-provider.ts'
import { type Asker, createAsker } from './init-questions.ts'
import { makeFirstToken } from './init-token.ts'
import { printError, printJson } from './output.ts'
import { shellWord } from './shell.ts'
import { printSecret, secretRow } from './token-create.ts'
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

const portDefault = 18_789

/**
 * Writes a first config file with comments, and makes a first token. Asks on a terminal; each question has an option, and without a terminal
 * or with `--yes` what is not given has its default. The file comes into its place last, so that nothing is half done.
 */
export async function initCommand(options: InitOptions): Promise<number> {
  const env = environment()
  const configFlag = options.config === undefined ? {} : { configFlag: options.config }
  const { file } = configPath({ ...configFlag, env, home: homedir() })
  if (existsSync(file) && options.force !== true) {
    throw new UsageError(`${file} exists already; --force moves it aside.`, 'openclaw init --force')
  }
  using asker = createAsker(options.yes === true || process.stdin.isTTY !== true)
  using draft = new Draft(file)
  const config = await answersOf(options, asker, draft)
  const loaded = draft.write(firstConfigText(config))
  const made = await makeFirstToken(options, asker, draft.file)
  const aside = draft.moveTo(file)
  if (options.json === true) {
    printJson({ file, port: loaded.config.api.port, token: made === undefined ? null : secretRow(made) })
  } else report(options, file, aside, made)
  return exitCodes.ok
}

async function answersOf(options: InitOptions, asker: Asker, draft: Draft): Promise<FirstConfig> {
  const { modelIds, ...chosen } = await chooseProvider(options, asker, (soFar) => {
    // It may hold a key: it stays for no longer than it is read.
    using _draft = draft
    return draft.write(firstConfigText({ ...soFar, model: undefined, port: portDefault, channels: [] }))
  })
  const model =
    options.model ?? ((await asker.ask('Default model (empty: the first one found)', '')) || undefined)
  if (model !== undefined && modelIds !== undefined && !isListed(model, chosen.provider, modelIds)) {
    printError(`${chosen.provider} does not list ${model}: a request that names no model would fail.`)
  }
  const port = options.port ?? portOf(await asker.ask('Port', String(portDefault)))
  const channels = channelsOf(
    options.channels ?? (await asker.ask('Channels (telegram, discord, slack, or none)', 'none')),
  )
  return { ...chosen, model, port, channels }
}

function isListed(model: string, provider: string | undefined, ids: readonly string[]): boolean {
  return ids.some((id) => model === id || model === `${provider}/${id}`)
}

/** The file beside its place, until it is known to be one that the gateway reads and whose provider answers. */
class Draft implements Disposable {
  readonly file: string

  constructor(file: string) {
    this.file = `${file}.new`
  }

  /** Throws `ConfigError` for a text that the gateway would refuse. */
  write(text: string): LoadedConfig {
    mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 })
    rmSync(this.file, { force: true })
    writeFileSync(this.file, text, { mode: 0o600, flag: 'wx' })
    return loadConfig({ configFlag: this.file, env: environment(), home: homedir() })
  }

  /** Returns where the file that stood there is now. */
  moveTo(file: string): string | undefined {
    const aside = existsSync(file) ? freeName(`${file}.before-init`) : undefined
    if (aside !== undefined) renameSync(file, aside)
    renameSync(this.file, file)
    return aside
  }

  [Symbol.dispose](): void {
    rmSync(this.file, { force: true })
  }
}

function freeName(name: string): string {
  for (let number = 1; ; number++) {
    const tried = number === 1 ? name : `${name}-${number}`
    if (!existsSync(tried)) return tried
  }
}

function report(
  options: InitOptions,
  file: string,
  aside: string | undefined,
  made: NewToken | undefined,
): void {
  if (made) printSecret(made)
  printError(`Written: ${file}`)
  if (aside !== undefined) printError(`The one before is in ${aside}`)
  const named = options.config === undefined ? '' : ` --config ${shellWord(file)}`
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
