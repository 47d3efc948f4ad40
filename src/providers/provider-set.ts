import { isDeepStrictEqual } from 'node:util'
import type { ModelProvider } from '../domain/models/provider.ts'
import type { ProviderSettings } from './settings.ts'

interface Member {
  readonly settings: ProviderSettings
  readonly provider: ModelProvider
}

/** The providers in use, made anew only where their settings change, so that a change of the config drops no turn. */
export class ProviderSet implements AsyncDisposable {
  readonly #create: (settings: ProviderSettings) => ModelProvider
  #members: readonly Member[] = []

  constructor(create: (settings: ProviderSettings) => ModelProvider) {
    this.#create = create
  }

  /** Takes these settings in this order and returns their providers. Those that left are closed when their running turns have ended. */
  replace(wanted: readonly ProviderSettings[]): readonly ModelProvider[] {
    const before = this.#members
    this.#members = wanted.map((settings) => {
      const known = before.find((member) => isDeepStrictEqual(member.settings, settings))
      return known ?? { settings, provider: this.#create(settings) }
    })
    for (const member of before) if (!this.#members.includes(member)) void member.provider.close()
    return this.#members.map(({ provider }) => provider)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map(({ provider }) => provider.close()))
  }
}
