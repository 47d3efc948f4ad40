import type { ProviderSettings } from './settings.ts'

/** The key to use, without the blanks and line ends that files and shells leave at its ends; undefined where there is none. */
export function keyOf(settings: ProviderSettings): string | undefined {
  return keysOf(settings)[0]
}

/** Everything in the settings that no message may hold: all keys, and the values of headers that carry one. */
export function secretsOf(settings: ProviderSettings): readonly string[] {
  const headers = Object.entries(settings.headers ?? {})
    .filter(([name]) => /auth|key|token|secret|cookie/i.test(name))
    .map(([, value]) => value.replace(/^Bearer\s+/i, ''))
  return [...keysOf(settings), ...headers]
}

/** The settings' own headers, with lower-case names, so that they replace ours of the same name. */
export function headersOf(settings: ProviderSettings): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  )
}

function keysOf(settings: ProviderSettings): readonly string[] {
  const { apiKey = [] } = settings
  const keys = typeof apiKey === 'string' ? [apiKey] : apiKey
  return keys.map((key) => key.trim()).filter((key) => key !== '')
}
