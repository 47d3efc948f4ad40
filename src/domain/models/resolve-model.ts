import type { Parts } from '../context.ts'
import { GatewayError } from '../errors.ts'
import type { CatalogEntry } from './catalog.ts'
import { defaultModel } from './default-model.ts'
import { retiredModels } from './retired-models.ts'

const idsNamedMax = 10

/** Who answers a turn. */
export interface ResolvedModel extends CatalogEntry {
  /** What the caller asked for, where an alias or the table of retired ids led elsewhere. */
  readonly alias?: string
}

/**
 * Finds the model that a caller means: a configured alias, `provider/id`, a bare id, or a retired id's successor (else the default).
 * Without `asked` it is the default. Providers that have not listed their models yet are asked first. Throws `model_not_found`, or
 * `provider_unavailable` where none is named and no provider lists any.
 */
export async function resolveModel(parts: Parts, asked: string | undefined): Promise<ResolvedModel> {
  const found = lookUp(parts, asked)
  if (found) return found
  if (parts.models.listings().some((listing) => listing.status !== 'ok')) {
    await parts.models.refresh()
    const afterRefresh = lookUp(parts, asked)
    if (afterRefresh) return afterRefresh
  }
  throw asked === undefined ? nothingToAsk(parts) : unknownModel(parts, asked)
}

/** Finds the model that answers where a caller names none, among those that are known now: the configured one, else the preferred one. */
export function findDefault(parts: Parts): CatalogEntry | undefined {
  const { default: configured } = parts.settings().models
  if (configured === null) return defaultModel(parts.models)
  const named = findNamed(parts, configured)
  return named && { provider: named.provider, model: named.model }
}

function lookUp(parts: Parts, asked: string | undefined): ResolvedModel | undefined {
  if (asked === undefined) return findDefault(parts)
  const named = findNamed(parts, asked)
  if (named || !mayBeSucceeded(parts, asked)) return named
  const standard = findDefault(parts)
  return standard && { ...standard, alias: asked }
}

function findNamed(parts: Parts, name: string): ResolvedModel | undefined {
  const { aliases } = parts.settings().models
  const target = Object.hasOwn(aliases, name) ? aliases[name] : undefined
  const meant = target ?? name
  const entry = parts.models.find(meant) ?? unlisted(parts, meant)
  if (entry) return target === undefined ? entry : { ...entry, alias: name }
  const successor = mayBeSucceeded(parts, meant) ? retiredModels.get(withoutProvider(meant)) : undefined
  const heir = successor === undefined ? undefined : parts.models.find(successor)
  return heir && { ...heir, alias: name }
}

// Another model may stand in for a retired one only once it is known that nobody lists the retired id itself.
function mayBeSucceeded(parts: Parts, id: string): boolean {
  const everyProviderAsked = parts.models.listings().every((listing) => listing.status !== 'unknown')
  return everyProviderAsked && retiredModels.has(withoutProvider(id))
}

function withoutProvider(id: string): string {
  return id.slice(id.indexOf('/') + 1)
}

// `provider/id` with a provider that cannot list its models goes there as it stands: its own 404 is the better answer.
function unlisted(parts: Parts, id: string): CatalogEntry | undefined {
  const slash = id.indexOf('/')
  const listing = slash > 0 ? parts.models.listing(id.slice(0, slash)) : undefined
  const bare = id.slice(slash + 1)
  if (listing?.status !== 'failed' || bare === '') return undefined
  return {
    provider: listing.provider,
    model: { id: bare, name: bare, contextWindow: null, maxOutputTokens: null },
  }
}

function unknownModel(parts: Parts, asked: string): GatewayError {
  const listings = parts.models.listings()
  const ids = listings.flatMap((listing) => listing.models.map((model) => model.id))
  const named = ids.slice(0, idsNamedMax)
  const rest = ids.length > named.length ? `, and ${ids.length - named.length} more (GET /api/v1/models)` : ''
  const silent = listings.filter((listing) => listing.status === 'failed')
  const hint = silent.map((listing) => ` ${listing.sentence ?? ''}`).join('')
  return new GatewayError(
    'model_not_found',
    `There is no model ${JSON.stringify(asked)}. Available: ${named.join(', ') || 'none'}${rest}.${hint}`,
    { details: { available: named } },
  )
}

function nothingToAsk(parts: Parts): GatewayError {
  const configured = parts.settings().models.default
  if (configured !== null) return unknownModel(parts, configured)
  const reasons = parts.models
    .listings()
    .map((listing) => listing.sentence ?? `${listing.provider.name} lists no models.`)
  return new GatewayError('provider_unavailable', `No model is available. ${reasons.join(' ')}`, {
    retryAfterSeconds: 5,
  })
}
