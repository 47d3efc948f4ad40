import type { CatalogEntry, ModelCatalog } from './catalog.ts'
import type { ModelInfo } from './provider.ts'
import { retiredModels } from './retired-models.ts'

// What a provider's list is searched for when the config names no default: a maker's middle tier, newest version first.
const preferredFamilies = [
  /^claude-sonnet-/,
  /^gpt-[\d.]+-terra$/,
  /^gpt-[\d.]+(-\d{4}-\d\d-\d\d)?$/,
  /^(models\/)?gemini-[\d.]+-flash$/,
]

/**
 * Returns the model that answers where neither the caller nor the config names one: the preferred one of the first provider that lists
 * any. Undefined where no provider lists a model: the demo model answers only where it is the only provider, so that it never stands
 * in for one that fails.
 */
export function defaultModel(catalog: ModelCatalog): CatalogEntry | undefined {
  const listings = catalog.listings()
  const real = listings.filter((listing) => listing.provider.name !== 'demo')
  for (const { provider, preferred } of real.length > 0 ? real : listings) {
    if (preferred) return { provider, model: preferred }
  }
  return undefined
}

/** Returns the model of one provider's list that it answers with where none is named; it reads the whole list. */
export function preferredModel(models: readonly ModelInfo[]): ModelInfo | undefined {
  for (const family of preferredFamilies) {
    const members = models.filter((model) => family.test(model.id) && !retiredModels.has(model.id))
    const newest = members.sort((a, b) => b.id.localeCompare(a.id, 'en', { numeric: true }))[0]
    if (newest) return newest
  }
  return models[0]
}
