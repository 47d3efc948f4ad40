import type { Env } from '../config/environment.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { checkProviders, type ProviderCheck } from '../providers/check-providers.ts'
import { discoverProviders, type ProviderSettings } from '../providers/index.ts'

/** Where models were looked for. */
export interface LookedAt {
  readonly what: string
  readonly found: boolean
}

const discoveryMs = 1_000

/** Returns the providers of a config, or those that are found without one: keys in the environment, an Ollama on loopback. */
export async function findProviders(
  config: Config,
  env: Env,
): Promise<{ readonly settings: readonly ProviderSettings[]; readonly lookedAt: readonly LookedAt[] }> {
  const configured = Object.entries(config.models.providers)
  if (configured.length > 0) {
    return { settings: configured.map(([name, provider]) => ({ name, ...provider })), lookedAt: [] }
  }
  return discoverProviders(env, { signal: AbortSignal.timeout(discoveryMs) })
}

/** Asks the providers of a config, or those that are found without one, for their models. Calls no model. Never rejects. */
export async function inspectProviders(
  { config }: LoadedConfig,
  env: Env,
): Promise<{ readonly providers: readonly ProviderCheck[]; readonly lookedAt: readonly LookedAt[] }> {
  const { settings, lookedAt } = await findProviders(config, env).catch(() => ({
    settings: [],
    lookedAt: [],
  }))
  return { providers: await checkProviders(settings), lookedAt }
}
