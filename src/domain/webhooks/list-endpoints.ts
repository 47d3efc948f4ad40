import type { WebhookParts } from './webhook-parts.ts'

/** An endpoint as it is shown. */
export interface ListedEndpoint {
  readonly id: string
  /** Without path and query, which can hold secrets. */
  readonly url: string
  readonly events: readonly string[]
  readonly signed: boolean
  readonly status: 'enabled' | 'disabled'
  readonly disabledReason: string | null
  readonly disabledAt: number | null
  /** Since when every attempt has failed. */
  readonly failingSince: number | null
  /** Deliveries that wait, counted up to 10,000. */
  readonly waiting: number
}

const countedMax = 10_000

/** Returns all configured endpoints, in the order of the config. */
export async function listEndpoints({ store, endpoints }: WebhookParts): Promise<readonly ListedEndpoint[]> {
  return await Promise.all(
    endpoints().map(async ({ id, url, events, secret }): Promise<ListedEndpoint> => {
      const state = await store.endpoints.find(id)
      const disabledAt = state?.disabledAt ?? null
      return {
        id,
        url: shownUrl(url),
        events,
        signed: secret !== null,
        status: disabledAt === null ? 'enabled' : 'disabled',
        disabledReason: state?.disabledReason ?? null,
        disabledAt,
        failingSince: state?.failingSince ?? null,
        waiting: await store.endpoints.waiting(id, countedMax),
      }
    }),
  )
}

function shownUrl(text: string): string {
  // An address that begins with a variable which is not set: `${CRM_URL}/…`.
  if (!URL.canParse(text)) return text.replace(/(?<=\})[^$].*$/s, '…')
  const url = new URL(text)
  return url.pathname === '/' && url.search === '' ? url.origin : `${url.origin}/…`
}
