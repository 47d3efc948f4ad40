import type { Parts } from '../context.ts'
import { type AllowedModels, allowing, findPossible, type ResolvedModel } from './resolve-model.ts'

/**
 * Returns the models of `models.fallbacks` that there are, as far as is known now, and that are in `allowed`, in order, each once and none
 * that is `first`.
 */
export function fallbackModels(
  parts: Parts,
  first: ResolvedModel,
  allowed: AllowedModels,
): readonly ResolvedModel[] {
  const { fallbacks } = parts.settings().models
  if (fallbacks.length === 0) return []
  const isAllowed = allowing(parts, allowed)
  const taken = [first]
  for (const name of fallbacks) {
    const found = findPossible(parts, name)
    if (found === undefined || !isAllowed(found) || taken.some((other) => isSame(other, found))) continue
    taken.push({ provider: found.provider, model: found.model })
  }
  return taken.slice(1)
}

function isSame(a: ResolvedModel, b: ResolvedModel): boolean {
  return a.provider === b.provider && a.model.id === b.model.id
}
