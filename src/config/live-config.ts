import { isDeepStrictEqual } from 'node:util'
import type { Settings } from '../domain/settings.ts'
import type { Token } from '../domain/tokens/token.ts'
import { configTokens } from './config-tokens.ts'
import type { Config } from './schema.ts'
import { httpSettingsOf, settingsOf } from './settings.ts'

/** The config as it counts now, in the units of those who use it; each part is derived once a change. */
export class LiveConfig {
  #config: Config
  #settings: Settings
  #http: ReturnType<typeof httpSettingsOf>
  #tokens: readonly Token[]

  constructor(config: Config) {
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

  /** Takes another config. Returns the keys that have changed and count only from the next start. */
  replace(config: Config): readonly string[] {
    const waiting = restartKeys.filter(({ of }) => !isDeepStrictEqual(of(this.#config), of(config)))
    this.#config = config
    this.#settings = settingsOf(config)
    this.#http = httpSettingsOf(config)
    this.#tokens = configTokens(config)
    return waiting.map(({ key }) => key)
  }
}

const restartKeys: readonly { readonly key: string; readonly of: (config: Config) => unknown }[] = [
  { key: 'api.host', of: ({ api }) => api.host },
  { key: 'api.port', of: ({ api }) => api.port },
  { key: 'api.tls', of: ({ api }) => api.tls },
  { key: 'logging', of: ({ logging }) => logging },
]
