import { GatewayError } from '../domain/errors.ts'
import { TransportError } from './exchange.ts'
import { createProvider } from './index.ts'
import type { ProviderSettings } from './settings.ts'

/** How a provider answered when it was asked for its models, and nothing else. */
export interface ProviderCheck {
  readonly name: string
  /** Scheme, host and port of its `baseUrl`. */
  readonly origin: string
  /** `unlisted`: it answers, but not with a list; its models are those of the config. */
  readonly status: 'ok' | 'unlisted' | 'failed'
  readonly models: number
  /** The ids of those, as its list or the config has them. */
  readonly modelIds: readonly string[]
  /** What is wrong, where the status is not `ok`; safe to show. */
  readonly sentence: string | undefined
}

const checkMs = 5_000

/** Asks each provider for its list of models, within five seconds, also one whose models the config lists. Never rejects. */
export function checkProviders(settings: readonly ProviderSettings[]): Promise<readonly ProviderCheck[]> {
  return Promise.all(settings.map(check))
}

async function check({ models: configured, ...settings }: ProviderSettings): Promise<ProviderCheck> {
  const { name, baseUrl } = settings
  const found = { name, origin: URL.canParse(baseUrl) ? new URL(baseUrl).origin : '' }
  try {
    const provider = createProvider(settings)
    try {
      const models = await provider.models(AbortSignal.timeout(checkMs))
      const modelIds = models.map(({ id }) => id)
      return { ...found, status: 'ok', models: models.length, modelIds, sentence: undefined }
    } finally {
      await provider.close()
    }
  } catch (error) {
    const sentence =
      error instanceof GatewayError
        ? error.message
        : `${name} did not answer within ${checkMs / 1000} seconds.`
    const answers = error instanceof GatewayError && !(error.cause instanceof TransportError)
    const isKeyRefused = /refuses our key/.test(sentence)
    return configured !== undefined && answers && !isKeyRefused
      ? {
          ...found,
          status: 'unlisted',
          models: configured.length,
          modelIds: configured.map(({ id }) => id),
          sentence,
        }
      : { ...found, status: 'failed', models: 0, modelIds: [], sentence }
  }
}
