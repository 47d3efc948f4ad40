import { GatewayError } from '../errors.ts'
import type { ModelInfo, ModelProvider } from './provider.ts'

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
  readonly sentence?: string
}

const listingTimeoutMs = 5_000

/** The models of all providers, listed in the background and kept; a provider that cannot be asked keeps its last list. */
export class ModelCatalog {
  readonly #listings: Map<string, ProviderListing>
  #refreshing: Promise<void> | undefined

  /** `providers` in the order in which their models are preferred, the demo model last. */
  constructor(providers: readonly ModelProvider[]) {
    this.#listings = new Map(
      providers.map((provider) => [provider.name, { provider, status: 'unknown', models: [] }]),
    )
  }

  /** Asks every provider for its models. Never rejects; a call while one runs joins it. Takes at most five seconds. */
  refresh(): Promise<void> {
    this.#refreshing ??= Promise.all([...this.#listings.values()].map((listing) => this.#list(listing))).then(
      () => {
        this.#refreshing = undefined
      },
    )
    return this.#refreshing
  }

  /** Every provider with its models, in order of preference. */
  listings(): readonly ProviderListing[] {
    return [...this.#listings.values()]
  }

  listing(providerName: string): ProviderListing | undefined {
    return this.#listings.get(providerName)
  }

  /** Finds a model by `provider/id` or by its bare id; the first provider that lists it wins. */
  find(id: string): CatalogEntry | undefined {
    for (const { provider, models } of this.#listings.values()) {
      const bare = id.startsWith(`${provider.name}/`) ? id.slice(provider.name.length + 1) : undefined
      const model = models.find((candidate) => candidate.id === id || candidate.id === bare)
      if (model) return { provider, model }
    }
    return undefined
  }

  async #list({ provider }: ProviderListing): Promise<void> {
    try {
      const models = await provider.models(AbortSignal.timeout(listingTimeoutMs))
      this.#listings.set(provider.name, { provider, status: 'ok', models })
    } catch (error) {
      const models = this.#listings.get(provider.name)?.models ?? []
      this.#listings.set(provider.name, {
        provider,
        status: 'failed',
        models,
        sentence: sentenceOf(error, provider.name),
      })
    }
  }
}

function sentenceOf(error: unknown, name: string): string {
  if (error instanceof GatewayError) return error.message
  return `The models of ${name} could not be listed within ${listingTimeoutMs / 1000} seconds.`
}
