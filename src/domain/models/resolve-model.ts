import type { Parts } from '../context.ts'
import { GatewayError } from '../errors.ts'
import type { CatalogEntry, ProviderListing } from './catalog.ts'
import { defaultModel } from './default-model.ts'
import type { ModelInfo } from './provider.ts'
import { retiredModels } from './retired-models.ts'

const idsNamedMax = 10

/** Who answers a turn. */
export interface ResolvedModel extends CatalogEntry {
  /** What the caller asked for, where an alias or the table of retired ids led elsewhere. */
  readonly alias?: string
}

/** What a token's `models` lists: ids, bare or as `provider/id`, and aliases. Null allows every model, an empty list none. */
export type AllowedModels = readonly string[] | null

/**
 * Finds the model that a caller means: a configured alias, `provider/id`, a bare id, or a retired id's successor (else the default).
 * Without `asked` it is the default. Providers that have not listed their models yet are asked first; of one that could not be asked nobody
 * says that it lacks what the config names: it is who answers, and tells by itself what is wrong. Throws `model_not_found`, `insufficient_scope`
 * for one that is not in `allowed`, and `provider_error` or `provider_unavailable` where no provider lists any.
 */
export async function resolveModel(
  parts: Parts,
  asked: string | undefined,
  allowed: AllowedModels = null,
): Promise<ResolvedModel> {
  let found = lookUp(parts, asked, allowed)
  if (!found && parts.models.listings().some((listing) => listing.status !== 'ok')) {
    await parts.models.refresh()
    found = lookUp(parts, asked, allowed) ?? lookUp(parts, asked, allowed, findPossible)
  }
  if (!found) throw asked === undefined ? nothingToAsk(parts, allowed) : notFound(parts, asked, allowed)
  if (allowing(parts, allowed)(found)) return found
  throw notAllowed(parts, asked ?? found.model.id, allowed)
}

/**
 * Finds the model that answers where a caller names none, as far as models are known now: the configured one, else the preferred one. Who
 * may not use that is answered by the first of `allowed` that there is.
 */
export function findDefault(parts: Parts, allowed: AllowedModels = null): CatalogEntry | undefined {
  return defaultBy(findNamed, parts, allowed) ?? defaultBy(findPossible, parts, allowed)
}

type Find = (parts: Parts, name: string) => ResolvedModel | undefined

function defaultBy(find: Find, parts: Parts, allowed: AllowedModels): CatalogEntry | undefined {
  const { default: configured } = parts.settings().models
  const standard = configured === null ? defaultModel(parts.models) : find(parts, configured)
  if (standard && allowing(parts, allowed)(standard)) {
    return { provider: standard.provider, model: standard.model }
  }
  for (const name of allowed ?? []) {
    const own = find(parts, name)
    if (own) return { provider: own.provider, model: own.model }
  }
  return undefined
}

/** Returns what tells whether a model is in `allowed`: by its id, bare or as `provider/id`, or by another name that leads to it. */
export function allowing(parts: Parts, allowed: AllowedModels): (entry: CatalogEntry) => boolean {
  if (allowed === null) return () => true
  const names = new Set(allowed)
  let meant: ReadonlySet<string> | undefined
  return ({ provider, model }) => {
    const key = `${provider.name}/${model.id}`
    if (names.has(model.id) || names.has(key)) return true
    meant ??= new Set(allowed.map((name) => keyOf(lookUp(parts, name, null, findPossible))))
    return meant.has(key)
  }
}

function keyOf(entry: CatalogEntry | undefined): string {
  return entry === undefined ? '' : `${entry.provider.name}/${entry.model.id}`
}

function lookUp(
  parts: Parts,
  asked: string | undefined,
  allowed: AllowedModels,
  find: Find = findNamed,
): ResolvedModel | undefined {
  if (asked === undefined) return defaultBy(find, parts, allowed)
  const named = findNamed(parts, asked)
  if (named) return named
  const isRetired = mayBeSucceeded(parts, asked)
  const standard = isRetired ? defaultBy(find, parts, allowed) : undefined
  if (standard) return { ...standard, alias: asked }
  // What a caller alone names goes to no provider that might not have it: it could be anything.
  const isConfigured = isRetired || targetOf(parts, asked) !== undefined || allowed?.includes(asked)
  return isConfigured ? find(parts, asked) : undefined
}

// Nobody but the demo model has ever told what there is.
function everyoneIsSilent(parts: Parts): boolean {
  const real = parts.models.listings().filter(({ provider }) => provider.name !== 'demo')
  return real.length > 0 && real.every(isSilent)
}

function isSilent({ status, models }: ProviderListing): boolean {
  return status === 'failed' && models.length === 0
}

/** Finds the model that a name means as `findNamed` does, else the first provider that has never told its models and may have it. */
export function findPossible(parts: Parts, name: string): ResolvedModel | undefined {
  const named = findNamed(parts, name)
  if (named) return named
  const meant = targetOf(parts, name) ?? name
  const slash = meant.indexOf('/')
  // Who is named has told that there is no such model.
  const isNamed = slash > 0 && parts.models.listing(meant.slice(0, slash)) !== undefined
  const silent = parts.models.listings().find(isSilent)
  if (isNamed || silent === undefined || meant === '') return undefined
  const id = retiredModels.get(withoutProvider(meant)) ?? meant
  const entry = { provider: silent.provider, model: unlistedModel(id) }
  return id === name ? entry : { ...entry, alias: name }
}

function targetOf(parts: Parts, name: string): string | undefined {
  const { aliases } = parts.settings().models
  return Object.hasOwn(aliases, name) ? aliases[name] : undefined
}

/** Finds the model that a name means, as far as models are known now: an alias, `provider/id`, a bare id, or a retired one's successor. */
export function findNamed(parts: Parts, name: string): ResolvedModel | undefined {
  const target = targetOf(parts, name)
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
  return { provider: listing.provider, model: unlistedModel(bare) }
}

function unlistedModel(id: string): ModelInfo {
  return { id, name: id, contextWindow: null, maxOutputTokens: null }
}

// Where no provider could be asked, no name is known to be wrong.
function notFound(parts: Parts, asked: string, allowed: AllowedModels): GatewayError {
  return everyoneIsSilent(parts)
    ? nobodyTells(parts.models.listings().filter(isSilent))
    : unknownModel(parts, asked, allowed)
}

function unknownModel(parts: Parts, asked: string, allowed: AllowedModels): GatewayError {
  const { named, words } = available(parts, allowed)
  return new GatewayError(
    'model_not_found',
    `There is no model ${JSON.stringify(asked)}. Available: ${words}.${whoIsSilent(parts)}`,
    { details: { available: named } },
  )
}

function whoIsSilent(parts: Parts): string {
  const silent = parts.models.listings().filter((listing) => listing.status === 'failed')
  return silent.map((listing) => ` ${listing.sentence ?? ''}`).join('')
}

function unknownDefault(parts: Parts, configured: string): GatewayError {
  const { named, words } = available(parts, null)
  return new GatewayError(
    'model_not_found',
    `The config's models.default is ${JSON.stringify(configured)}, which no provider lists: mend it, or name a model in the request. Available: ${words}.${whoIsSilent(parts)}`,
    { details: { field: 'models.default', available: named } },
  )
}

function notAllowed(parts: Parts, asked: string, allowed: AllowedModels): GatewayError {
  const { named, words } = available(parts, allowed)
  return new GatewayError(
    'insufficient_scope',
    `This token may not use the model ${JSON.stringify(asked)}. It may use: ${words}.`,
    { details: { field: 'model', available: named } },
  )
}

function available(parts: Parts, allowed: AllowedModels): { named: readonly string[]; words: string } {
  const isAllowed = allowing(parts, allowed)
  const ids = parts.models
    .listings()
    .flatMap(({ provider, models }) => models.filter((model) => isAllowed({ provider, model })))
    .map((model) => model.id)
  const named = ids.slice(0, idsNamedMax)
  const rest = ids.length > named.length ? `, and ${ids.length - named.length} more (GET /api/v1/models)` : ''
  return { named, words: `${named.join(', ') || 'none'}${rest}` }
}

function nothingToAsk(parts: Parts, allowed: AllowedModels): GatewayError {
  const listings = parts.models.listings()
  const configured = parts.settings().models.default
  if (allowed !== null) {
    const [first] = allowed
    if (first === undefined) return notAllowed(parts, configured ?? 'default', allowed)
    if (listings.every((listing) => listing.status === 'ok')) return unknownModel(parts, first, allowed)
  } else if (configured !== null) {
    return unknownDefault(parts, configured)
  }
  return nobodyTells(allowed === null ? listings : listings.filter((listing) => listing.status !== 'ok'))
}

function nobodyTells(listings: readonly ProviderListing[]): GatewayError {
  const reasons = listings.map((listing) => listing.sentence ?? `${listing.provider.name} lists no models.`)
  const sentence = `No model is available. ${reasons.join(' ')}`
  const failed = listings.filter((listing) => listing.status === 'failed')
  // What only somebody who minds the gateway can mend, such as a key, passes by no waiting.
  return failed.length > 0 && failed.every((listing) => listing.isRefused)
    ? new GatewayError('provider_error', sentence)
    : new GatewayError('provider_unavailable', sentence, { retryAfterSeconds: 5 })
}
