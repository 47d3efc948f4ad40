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
 * `provider_unavailable` where a provider that may have it cannot be asked.
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

function lookUp(parts: Parts, asked: string | undefined): ResolvedModel | undefined {
  const settings = parts.settings().models
  if (asked === undefined) return defaultModel(parts.models, settings.default)
  const target = settings.aliases[asked]
  if (target !== undefined) {
    const entry = parts.models.find(target) ?? unlisted(parts, target)
    return entry && { ...entry, alias: asked }
  }
  const entry = parts.models.find(asked) ?? unlisted(parts, asked)
  if (entry) return entry
  const bare = asked.slice(asked.indexOf('/') + 1)
  const successor = retiredModels.get(bare)
  if (successor === undefined || !everyProviderAsked(parts)) return undefined
  const heir = parts.models.find(successor) ?? defaultModel(parts.models, settings.default)
  return heir && { ...heir, alias: asked }
}

// `provider/id` with a provider that cannot list its models goes there as it stands: its own 404 is the better answer.
function unlisted(parts: Parts, id: string): CatalogEntry | undefined {
  const slash = id.indexOf('/')
  const listing = slash > 0 ? parts.models.listing(id.slice(0, slash)) : undefined
  if (listing?.status !== 'failed') return undefined
  const bare = id.slice(slash + 1)
  return {
    provider: listing.provider,
    model: { id: bare, name: bare, contextWindow: null, maxOutputTokens: null },
  }
}

// A successor may stand in only once it is known that nobody lists the retired id itself.
function everyProviderAsked(parts: Parts): boolean {
  return parts.models.listings().every((listing) => listing.status !== 'unknown')
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
