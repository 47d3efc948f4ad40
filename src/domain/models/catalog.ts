import { GatewayError } from '../errors.ts'
import { preferredModel } from './default-model.ts'
import type { ModelInfo, ModelProvider } from './provider.ts'
import { ProviderHealth } from './provider-health.ts'

/** A model of one provider, as it stands in the catalog. */
export interface CatalogEntry {
  readonly provider: ModelProvider
  readonly model: ModelInfo
}

/** How the last listing of a provider's models went. `sentence` is safe to show. */
export interface ProviderListing {
  readonly provider: ModelProvider
  readonly status: 'unknown' | 'ok' | 'failed'
  readonly models: readonly ModelInfo[]
  /** Which of them answers where none is named, found once a listing: a list can hold hundreds. */
  readonly preferred?: ModelInfo | undefined
  readonly sentence?: string
  /** True where it has failed and was reached: it answered otherwise than it should. */
  readonly isRefused?: boolean
}

const listingTimeoutMs = 5_000

/** The models of all providers, listed in the background and kept; a provider that cannot be asked keeps its last list. */
export class ModelCatalog {
  /** Which providers cool down. */
  readonly health = new ProviderHealth()
  #listings: Map<string, ProviderListing>
  #refreshing: Promise<void> | undefined

  /** `providers` in the order in which their models are preferred, the demo model last. */
  constructor(providers: readonly ModelProvider[]) {
    this.#listings = new Map(
      providers.map((provider) => [provider.name, { provider, status: 'unknown', models: [] }]),
    )
  }

  /** Takes other providers in the place of these; one that stays keeps its list. Running turns keep the provider that they have. */
  replace(providers: readonly ModelProvider[]): void {
    this.#listings = new Map(
      providers.map((provider) => {
        const known = this.#listings.get(provider.name)
        const stays = known?.provider === provider ? known : undefined
        return [provider.name, stays ?? { provider, status: 'unknown', models: [] }]
      }),
    )
    // Who asks from now on must not be answered by a refresh of the ones before.
    this.#refreshing = undefined
  }

  /** Asks every provider for its models. Never rejects; a call while one runs joins it. Takes at most five seconds. */
  refresh(): Promise<void> {
    if (this.#refreshing) return this.#refreshing
    const lists = [...this.#listings.values()].map((listing) => this.#list(listing))
    const refreshing = Promise.all(lists).then(() => {
      if (this.#refreshing === refreshing) this.#refreshing = undefined
    })
    this.#refreshing = refreshing
    return refreshing
  }

  /** Every provider with its models, in order of preference. */
  listings(): readonly ProviderListing[] {
    return [...this.#listings.values()]
  }

  listing(providerName: string): ProviderListing | undefined {
    return this.#listings.get(providerName)
  }

  /** Finds a model by `provider/id`, else by its bare id, which may hold slashes too; the first provider that lists it wins. */
  find(id: string): CatalogEntry | undefined {
    for (const { provider, models } of this.#listings.values()) {
      if (!id.startsWith(`${provider.name}/`)) continue
      const bare = id.slice(provider.name.length + 1)
      const model = models.find((candidate) => candidate.id === bare)
      if (model) return { provider, model }
    }
    for (const { provider, models } of this.#listings.values()) {
      const model = models.find((candidate) => candidate.id === id)
      if (model) return { provider, model }
    }
    return undefined
  }

  // A provider that was replaced while it was asked has nothing to say any more.
  #note(listing: ProviderListing): void {
    const { name } = listing.provider
    if (this.#listings.get(name)?.provider !== listing.provider) return
    this.#listings.set(name, { ...listing, preferred: preferredModel(listing.models) })
  }

  async #list({ provider }: ProviderListing): Promise<void> {
    try {
      const models = await provider.models(AbortSignal.timeout(listingTimeoutMs))
      this.#note({ provider, status: 'ok', models })
    } catch (error) {
      const models = this.#listings.get(provider.name)?.models ?? []
      const isRefused = error instanceof GatewayError && error.code === 'provider_error'
      this.#note({
        provider,
        status: 'failed',
        models,
        sentence: sentenceOf(error, provider.name),
        isRefused,
      })
    }
  }
}

function sentenceOf(error: unknown, name: string): string {
  if (error instanceof GatewayError) return error.message
  return `The models of ${name} could not be listed within ${listingTimeoutMs / 1000} seconds.`
}
