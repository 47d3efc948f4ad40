import type { ModelProvider } from '../domain/models/provider.ts'
import { createAnthropicProvider } from './anthropic/provider.ts'
import { createDemoProvider } from './demo/provider.ts'
import { createOpenAiProvider } from './openai/provider.ts'
import type { ProviderSettings } from './settings.ts'

export { discoverProviders } from './discover.ts'
export type { ConfiguredModel, ProviderSettings } from './settings.ts'

/** Every dialect that the gateway speaks: the whole registry. */
const adapters = {
  'anthropic-messages': createAnthropicProvider,
  'openai-completions': createOpenAiProvider,
  demo: createDemoProvider,
} as const

/** Makes a provider. No connection is opened before its first use. Throws `invalid_request` for a `baseUrl` that is no http(s) URL. */
export function createProvider(settings: ProviderSettings): ModelProvider {
  return adapters[settings.api](settings)
}
