import { createHmac } from 'node:crypto'
import type { Parts } from '../domain/context.ts'
import { DeliveryWorker } from '../domain/webhooks/delivery-worker.ts'
import type { Poster } from '../domain/webhooks/post.ts'
import type { HmacSha256 } from '../domain/webhooks/sign.ts'

/** The delivery of webhooks as the gateway owns it. */
export interface Webhooks extends AsyncDisposable {
  /** Takes the endpoints as they are configured now. */
  sync(): void
  /** How many endpoints are configured, and what is wrong. */
  health(): { readonly endpoints: number; readonly sentence: string | undefined }
}

const timeoutMs = 15_000

/** HMAC-SHA256 by Node's own crypto. */
export const hmacSha256: HmacSha256 = (key, text, encoding) =>
  createHmac('sha256', key).update(text).digest(encoding)

/** Starts to deliver. The HTTP client is loaded at the first delivery. */
export async function startWebhooks(parts: Parts, version: string): Promise<Webhooks> {
  const { store, outbox, clock, ids, log, turns } = parts
  const configured = () => parts.settings().webhooks.endpoints
  let loading: Promise<Poster> | undefined
  const poster = (): Promise<Poster> => {
    loading ??= import('./post.ts').then(({ createPoster }) => createPoster())
    return loading
  }
  const random = Math.random
  const worker = new DeliveryWorker(
    {
      store: store.webhooks,
      outbox,
      clock,
      ids,
      log,
      poster,
      hmac: hmacSha256,
      isBusy: () => turns.count > 0,
      random,
      version,
      timeoutMs,
    },
    configured,
  )
  await worker.start()
  return {
    sync: () => worker.sync(),
    health: () => ({ endpoints: configured().length, sentence: worker.sentence() }),
    async [Symbol.asyncDispose]() {
      await worker[Symbol.asyncDispose]()
      await (await loading)?.close()
    },
  }
}
