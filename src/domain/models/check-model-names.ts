import type { Parts } from '../context.ts'
import { findNamed } from './resolve-model.ts'

/**
 * Logs a warning for each of `models.default` and `models.fallbacks` that no provider lists. Says nothing while a provider has not told its
 * models: it may be one of those.
 */
export function checkModelNames(parts: Parts): void {
  if (parts.models.listings().some((listing) => listing.status !== 'ok')) return
  const { default: standard, fallbacks } = parts.settings().models
  const names = [
    ...(standard === null ? [] : [{ key: 'models.default', model: standard }]),
    ...fallbacks.map((model, i) => ({ key: `models.fallbacks[${i}]`, model })),
  ]
  for (const { key, model } of names) {
    if (findNamed(parts, model) !== undefined) continue
    const sentence = `No provider lists this model: ${key} has no effect until one does.`
    parts.log('warn', 'config names an unknown model', { key, model: model.slice(0, 200), sentence })
  }
}
