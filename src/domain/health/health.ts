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
  readonly channels: Readonly<Record<string, never>>
  readonly models: PartHealth & {
    readonly providers: readonly {
      readonly name: string
      readonly status: 'ok' | 'unknown' | 'failed'
      readonly models: number
      readonly sentence?: string
    }[]
  }
  readonly store: StoreHealth
  readonly webhooks: PartHealth & { readonly endpoints: number }
  readonly memory: PartHealth & { readonly rssBytes: number; readonly heapUsedBytes: number }
  readonly eventLoop: PartHealth & { readonly delayP99Ms: number }
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
  const isWell = [models, store, webhooks, memory, eventLoop].every((each) => each.status === 'ok')
  return { status: isWell ? 'ok' : 'degraded', channels: {}, models, store, webhooks, memory, eventLoop }
}

function modelsHealth(parts: Parts): Health['models'] {
  const providers = parts.models.listings().map(({ provider, status, models, sentence }) => ({
    name: provider.name,
    status,
    models: models.length,
    ...(sentence === undefined ? {} : { sentence }),
  }))
  const failed = providers.filter((provider) => provider.status === 'failed')
  const sentences = failed.map((provider) => provider.sentence ?? '').join(' ')
  return { ...part(failed.length > 0, sentences), providers }
}

function part(isBad: boolean, sentence: string): PartHealth {
  return isBad ? { status: 'degraded', sentence } : { status: 'ok' }
}
