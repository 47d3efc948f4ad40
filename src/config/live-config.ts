import { isDeepStrictEqual } from 'node:util'
import type { Settings } from '../domain/settings.ts'
import type { Token } from '../domain/tokens/token.ts'
import { configTokens, isSampleSecret } from './config-tokens.ts'
import { isLoopback } from './loopback.ts'
import type { Config } from './schema.ts'
import { httpSettingsOf, settingsOf } from './settings.ts'

/** The config as it counts now, in the units of those who use it; each part is derived once a change. */
export class LiveConfig {
  readonly #started: Config
  #config: Config
  #settings: Settings
  #http: ReturnType<typeof httpSettingsOf>
  #tokens: readonly Token[]

  constructor(config: Config) {
    this.#started = config
    this.#config = config
    this.#settings = settingsOf(config)
    this.#http = httpSettingsOf(config)
    this.#tokens = configTokens(config)
  }

  get config(): Config {
    return this.#config
  }

  get settings(): Settings {
    return this.#settings
  }

  get http(): ReturnType<typeof httpSettingsOf> {
    return this.#http
  }

  get tokens(): readonly Token[] {
    return this.#tokens
  }

  /** Takes another config. Returns the keys whose new values count only from the next start, those of earlier changes too. */
  replace(wanted: Config): readonly string[] {
    const { config, held } = heldBack(wanted, this.#started.api.host)
    this.#config = config
    this.#settings = settingsOf(config)
    this.#http = httpSettingsOf(config)
    this.#tokens = configTokens(config)
    const fixed = startKeys.filter(({ of }) => !isDeepStrictEqual(of(this.#started), of(wanted)))
    return [...fixed.map(({ key }) => key), ...held]
  }
}

// What is bound or opened once.
const startKeys: readonly { readonly key: string; readonly of: (config: Config) => unknown }[] = [
  { key: 'api.host', of: ({ api }) => api.host },
  { key: 'api.port', of: ({ api }) => api.port },
  { key: 'api.tls', of: ({ api }) => api.tls },
  { key: 'logging.file', of: ({ logging }) => logging.file },
]

// What is harmless on the loopback address that the file now names would be an open door while the socket still listens to the network.
function heldBack(wanted: Config, boundHost: string): { readonly config: Config; readonly held: string[] } {
  if (isLoopback(boundHost)) return { config: wanted, held: [] }
  const { auth } = wanted.api
  const tokens = auth.tokens.filter(({ token }) => !isSampleSecret(token))
  const held = [
    ...(auth.enabled ? [] : ['api.auth.enabled']),
    ...(tokens.length === auth.tokens.length ? [] : ['api.auth.tokens']),
  ]
  if (held.length === 0) return { config: wanted, held }
  const api = { ...wanted.api, auth: { ...auth, enabled: true, tokens } }
  return { config: { ...wanted, api }, held }
}
