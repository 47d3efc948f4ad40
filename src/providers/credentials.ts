import type { ProviderSettings } from './settings.ts'

// A shorter value of a header that is not named after a key is a word of every day, such as a version.
const plainValueMin = 8

/** Everything in the settings that no message may hold: all keys, what headers carry, and what the query of the address does. */
export function secretsOf(settings: ProviderSettings): readonly string[] {
  const headers = Object.entries(settings.headers ?? {})
    .map(([name, value]) => ({ isKey: /auth|key|token|secret|cookie/i.test(name), value }))
    .map(({ isKey, value }) => ({ isKey, value: value.replace(/^Bearer\s+/i, '') }))
    .filter(({ isKey, value }) => isKey || value.length >= plainValueMin)
    .map(({ value }) => value)
  const query = URL.canParse(settings.baseUrl) ? [...new URL(settings.baseUrl).searchParams.values()] : []
  return [...keysOf(settings), ...headers, ...query.filter((value) => value.length >= plainValueMin)]
}

/** The settings' own headers, with lower-case names, so that they replace ours of the same name. */
export function headersOf(settings: ProviderSettings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  )
}

/** The keys to use, each once, without the blanks and line ends that files and shells leave at their ends. */
export function keysOf(settings: ProviderSettings): readonly string[] {
  const { apiKey = [] } = settings
  const keys = typeof apiKey === 'string' ? [apiKey] : apiKey
  return [...new Set(keys.map((key) => key.trim()).filter((key) => key !== ''))]
}
