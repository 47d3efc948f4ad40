import type { ChannelName } from '../channels/channel.ts'
import type { Parts } from '../context.ts'
import type { StoreHealth } from '../store.ts'

/** What the process is asked of itself. */
export interface Probes {
  /** Milliseconds, since the last call. */
  readonly delayP99Ms: number
  readonly memory: { readonly rss: number; readonly heapUsed: number }
  readonly webhookEndpoints: number
  /** What is wrong with webhooks. */
  readonly webhookSentence?: string | undefined
}

/** How each part of the gateway is; `sentence` says what is wrong and what to do. */
export interface Health {
  readonly status: 'ok' | 'degraded'
  readonly channels: Readonly<Partial<Record<ChannelName, ChannelPartHealth>>>
  readonly models: PartHealth & {
    readonly providers: readonly {
      readonly name: string
      /** `cooling`: left alone for a while, after turns that failed there. */
      readonly status: 'ok' | 'unknown' | 'failed' | 'cooling'
      readonly models: number
      readonly sentence?: string
    }[]
  }
  readonly store: StoreHealth
  readonly webhooks: PartHealth & { readonly endpoints: number }
  readonly memory: PartHealth & { readonly rssBytes: number; readonly heapUsedBytes: number }
  readonly eventLoop: PartHealth & { readonly delayP99Ms: number }
}

/** How one channel is. Times are ISO 8601. */
export interface ChannelPartHealth {
  readonly status: 'connecting' | 'connected' | 'disconnected'
  readonly since: string
  /** When the platform was last heard. */
  readonly lastProofAt: string | null
  readonly lastError: string | null
  /** What a person must do. */
  readonly remedy: string | null
  readonly sentence?: string
}

interface PartHealth {
  readonly status: 'ok' | 'degraded'
  readonly sentence?: string
}

const delayMsMax = 200
const rssBytesMax = 1024 ** 3

/** Gathers the health of all parts from what is known already: it never asks a model or writes to the store. */
export function healthOf(parts: Parts, probes: Probes): Health {
  const models = modelsHealth(parts)
  const store = parts.store.health()
  const memory = {
    ...part(
      probes.memory.rss > rssBytesMax,
      'The gateway holds more than 1 GiB of memory. Report it with the log.',
    ),
    rssBytes: probes.memory.rss,
    heapUsedBytes: probes.memory.heapUsed,
  }
  const eventLoop = {
    ...part(
      probes.delayP99Ms > delayMsMax,
      'The process is short of CPU: requests wait. Look what else runs on this machine.',
    ),
    delayP99Ms: probes.delayP99Ms,
  }
  const { webhookEndpoints: endpoints, webhookSentence } = probes
  const webhooks = { ...part(webhookSentence !== undefined, webhookSentence ?? ''), endpoints }
  const channels = channelsHealth(parts)
  const isWell =
    [models, store, webhooks, memory, eventLoop].every((each) => each.status === 'ok') &&
    Object.values(channels).every((each) => each.status !== 'disconnected' && each.sentence === undefined)
  return { status: isWell ? 'ok' : 'degraded', channels, models, store, webhooks, memory, eventLoop }
}

function modelsHealth({ models, clock }: Parts): Health['models'] {
  const now = clock.monotonic()
  const providers = models.listings().map(({ provider, ...listing }) => {
    const cooling = models.health.sentence(provider, now)
    const sentence = cooling ?? listing.sentence
    return {
      name: provider.name,
      status: cooling === undefined ? listing.status : ('cooling' as const),
      models: listing.models.length,
      ...(sentence === undefined ? {} : { sentence }),
    }
  })
  const bad = providers.filter(({ status }) => status === 'failed' || status === 'cooling')
  const sentences = bad.map((provider) => provider.sentence ?? '').join(' ')
  return { ...part(bad.length > 0, sentences), providers }
}

function channelsHealth({ channels }: Parts): Health['channels'] {
  const iso = (ms: number): string => new Date(ms).toISOString()
  const all: Partial<Record<ChannelName, ChannelPartHealth>> = {}
  for (const name of channels.names) {
    const health = channels.find(name)?.health
    if (!health) continue
    const { status, since, lastProofAt, lastError, remedy } = health
    const sentence = health.sentence ?? channels.sentence()
    all[name] = {
      status,
      since: iso(since),
      lastProofAt: lastProofAt === null ? null : iso(lastProofAt),
      lastError,
      remedy,
      ...(sentence === undefined ? {} : { sentence }),
    }
  }
  return all
}

function part(isBad: boolean, sentence: string): PartHealth {
  return isBad ? { status: 'degraded', sentence } : { status: 'ok' }
}
