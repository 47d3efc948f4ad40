import { createHash } from 'node:crypto'
import type { Settings } from '../domain/settings.ts'
import type { WebhookEndpoint } from '../domain/webhooks/endpoint.ts'
import { channelAccess } from './channel-settings.ts'
import type { Env } from './environment.ts'
import type { Config } from './schema.ts'

/** Returns what the domain needs of the configuration. */
export function settingsOf({ api, models, channels, conversations, usage }: Config): Settings {
  return {
    models: {
      default: models.default ?? null,
      aliases: models.aliases,
      retries: models.retries,
      fallbacks: models.fallbacks,
      timeouts: models.timeouts,
      prices: pricesOf(models),
      currency: models.currency,
    },
    prompts: { screening: api.security.promptInjection },
    conversations: {
      historyMessages: conversations.historyMessages,
      retentionDays: conversations.retentionDays ?? null,
      summarize: conversations.summarize,
    },
    usage: { retentionDays: usage.retentionDays },
    channels: channelAccess(channels),
    webhooks: { endpoints: webhookEndpoints(api) },
  }
}

/** Returns what the reader of skills needs of the configuration, which has its folders once it is loaded, and of the environment. */
export function skillSettingsOf(
  { skills }: Config,
  env: Env,
): { readonly dirs: readonly string[]; readonly entries: Config['skills']['entries']; readonly env: Env } {
  return { dirs: skills.dirs ?? [], entries: skills.entries, env }
}

function pricesOf({ providers }: Config['models']): Settings['models']['prices'] {
  const priced = Object.entries(providers).flatMap(([name, { models }]) =>
    models.flatMap(({ id, cost }) => (cost === undefined ? [] : [[`${name}/${id}`, cost] as const])),
  )
  return new Map(priced)
}

const hashDigits = 16

/** Returns the configured endpoints; one without an `id` has `wh_` and 16 hex digits of its URL's SHA-256 for one. */
export function webhookEndpoints({ webhooks }: Config['api']): readonly WebhookEndpoint[] {
  return webhooks.outgoing.map(({ id, url, secret, previousSecret, events, retry, allowPrivateNetwork }) => ({
    id: id ?? `wh_${createHash('sha256').update(url).digest('hex').slice(0, hashDigits)}`,
    url,
    secret: secret ?? null,
    previousSecret: previousSecret ?? null,
    events,
    retry: { maxAttempts: retry.maxAttempts, backoffMs: retry.backoffMs, schedule: retry.schedule ?? null },
    allowPrivateNetwork,
  }))
}

interface Window {
  readonly maxRequests: number
  readonly windowMs: number
}

/** Returns what the HTTP edge needs of the configuration. CORS is null where no page may call. */
export function httpSettingsOf({ api }: Config): {
  readonly enabled: boolean
  readonly authEnabled: boolean
  readonly bodyBytesMax: number
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null
  readonly cors: { readonly origins: readonly string[]; readonly methods: readonly string[] } | null
  readonly allowedIps: readonly string[] | null
  readonly trustedProxies: readonly string[]
  readonly publicHosts: readonly string[]
  readonly rateLimits: { readonly perToken: Window; readonly global: Window | null }
  readonly concurrentStreams: number
} {
  const { cors, allowedIPs } = api.security
  return {
    enabled: api.enabled,
    authEnabled: api.auth.enabled,
    bodyBytesMax: api.security.maxBodySize,
    tls: api.tls ?? null,
    cors: cors.enabled && cors.origins.length > 0 ? cors : null,
    allowedIps: allowedIPs ?? null,
    trustedProxies: api.trustedProxies,
    publicHosts: api.publicUrl.map((url) => new URL(url).hostname.replace(/^\[|\]$/g, '')),
    rateLimits: { perToken: api.rateLimit.perToken, global: api.rateLimit.global ?? null },
    concurrentStreams: api.limits.concurrentStreams,
  }
}
