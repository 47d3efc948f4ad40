import type { Parts } from '../context.ts'
import type { ModelInfo, ModelProvider } from './provider.ts'
import { type AllowedModels, allowing, findDefault } from './resolve-model.ts'

/** A row of `GET /api/v1/models`. */
export interface ListedModel {
  readonly id: string
  readonly provider: string
  readonly name: string
  readonly contextWindow: number | null
  readonly maxOutputTokens: number | null
  /** False where the provider could not be asked for its models the last time, or cools down after failures. */
  readonly available: boolean
  /** True for exactly one row, where there is any. */
  readonly default: boolean
}

/** Returns the models of all providers that are in `allowed`, preferred ones first. */
export function listModels(parts: Parts, allowed: AllowedModels = null): readonly ListedModel[] {
  const chosen = findDefault(parts, allowed)
  const isAllowed = allowing(parts, allowed)
  const now = parts.clock.monotonic()
  const rows = parts.models.listings().flatMap(({ provider, models, status }) =>
    models
      .filter((model) => isAllowed({ provider, model }))
      .map((model) => ({
        ...rowOf(provider, model),
        available: status === 'ok' && parts.models.health.standing(provider, now) !== 'cooling',
        default: chosen?.provider === provider && chosen.model === model,
      })),
  )
  if (rows.some((row) => row.default)) return rows
  // One of a provider that could not be asked for its models: who names none is answered by that all the same.
  if (chosen) {
    const { provider, model } = chosen
    return [{ ...rowOf(provider, model), available: false, default: true }, ...rows]
  }
  return rows.map((row, index) => ({ ...row, default: index === 0 }))
}

function rowOf(
  provider: ModelProvider,
  { id, name, contextWindow, maxOutputTokens }: ModelInfo,
): Omit<ListedModel, 'available' | 'default'> {
  return { id, provider: provider.name, name, contextWindow, maxOutputTokens }
}
