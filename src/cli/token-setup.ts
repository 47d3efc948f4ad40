import { createHash, randomFillSync } from 'node:crypto'
import { configTokenId, configTokens } from '../config/config-tokens.ts'
import type { LoadedConfig } from '../config/load.ts'
import { ConfigError, formatProblem } from '../config/problem.ts'
import { createIds } from '../domain/ids.ts'
import type { Store } from '../domain/store.ts'
import type { TokenParts } from '../domain/tokens/create-token.ts'
import type { Token } from '../domain/tokens/token.ts'
import { openState } from '../open-state.ts'
import { userAtTerminal } from './audit-setup.ts'
import type { GlobalOptions } from './grammar.ts'
import { configWithoutFile, loadBeside } from './load-config.ts'
import { printError } from './output.ts'

/** What the commands about tokens work with. */
export interface TokenSetup {
  readonly parts: TokenParts
  readonly store: Store
  readonly loaded: LoadedConfig
  readonly configTokens: readonly Token[]
  /** By the ids of config tokens whose secrets are not known here: the variables that they stand in. */
  readonly unknownSecrets: ReadonlyMap<string, string>
}

/** Runs a command about tokens against the store, and closes that, however the command ends. */
export async function withTokens(
  options: GlobalOptions,
  command: (setup: TokenSetup) => Promise<number>,
): Promise<number> {
  const loaded = loadTolerantly(options)
  const store = await openState(loaded)
  try {
    const now = () => Date.now()
    const fillRandom = (bytes: Uint8Array) => void randomFillSync(bytes)
    const ids = createIds(now, fillRandom)
    const parts = { store, now, fillRandom, sha256Hex, ids, actor: userAtTerminal() }
    const unknownSecrets = unknownSecretsIn(loaded)
    return await command({
      parts,
      store,
      loaded,
      configTokens: configTokens(loaded.config),
      unknownSecrets,
    })
  } finally {
    await store.close()
  }
}

function unknownSecretsIn({ config, unset }: LoadedConfig): ReadonlyMap<string, string> {
  const open = unset.filter(({ path }) => /^api\.auth\.tokens\[\d+\]\.token$/.test(path))
  return new Map(
    config.api.auth.tokens.flatMap(({ name, token }) => {
      const found = open.find(({ text }) => text === token)
      return found === undefined ? [] : [[configTokenId(name), found.variable] as const]
    }),
  )
}

// A mistake in the config file must not keep anybody from revoking a token. A file that was named and is not there is another matter.
function loadTolerantly(options: GlobalOptions): LoadedConfig {
  try {
    return loadBeside(options)
  } catch (error) {
    if (!(error instanceof ConfigError) || error.problems.every((problem) => problem.line === 0)) throw error
    const [first] = error.problems.filter((problem) => problem.severity === 'error')
    if (first !== undefined) printError(formatProblem(first))
    printError('The config file is left out, and its tokens with it: see openclaw config validate')
    return configWithoutFile()
  }
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
