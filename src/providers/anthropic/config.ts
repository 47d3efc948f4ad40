import { headersOf } from '../credentials.ts'
import { bareIdOf } from '../known-models.ts'
import type { ProviderSettings } from '../settings.ts'

/** The version of the Messages API that this dialect is written for. */
export const anthropicVersion = '2023-06-01'

/**
 * The limit that is sent where neither the caller nor anybody else tells one, since the API demands one: the smallest output limit that a
 * Claude model has had (Claude 3), so that no model refuses it.
 */
export const defaultMaxTokens = 4096

/** The root without the `/v1` that the official SDK adds by itself, and people write all the same. */
export function anthropicRoot(settings: ProviderSettings): string {
  return settings.baseUrl.replace(/\/+$/, '').replace(/\/v1$/, '')
}

/** The headers of every request with a key. */
export function anthropicHeaders(
  settings: ProviderSettings,
  key: string | undefined,
): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/json',
    'anthropic-version': anthropicVersion,
    'user-agent': 'openclaw-gateway',
    ...(key === undefined ? {} : { 'x-api-key': key }),
    ...headersOf(settings),
  }
}

// Since Claude Opus 4.7 (2026-04-16) the newer models answer 400 to `temperature`; as documented on 2026-11-22. A model that is not named
// here and refuses it is asked again without.
const withoutTemperature = /^claude-(?:opus-4[-.][7-9]|(?:opus|sonnet|haiku|fable|mythos)-[5-9])(?!\d)/

/** Tells whether a model is known to refuse `temperature`. */
export function refusesTemperature(model: string): boolean {
  return withoutTemperature.test(bareIdOf(model))
}

// Claude 4.5 and later write by a schema (`output_config.format`), as documented on 2026-11-22. One that is named here and refuses it is
// asked again by other means.
const withOutputConfig =
  /^claude-(?:(?:opus|sonnet|haiku)-4[-.][5-9]|(?:opus|sonnet|haiku|fable|mythos)-[5-9])(?!\d)/

/** Tells whether a model is known to answer by a schema by the API's own means. */
export function takesOutputConfig(model: string): boolean {
  return withOutputConfig.test(bareIdOf(model))
}
