import { decodeCursor, encodeCursor } from '../conversations/cursor.ts'
import type { Page } from '../conversations/list-conversations.ts'
import { GatewayError } from '../errors.ts'
import type { WebhookParts } from './webhook-parts.ts'
import type { Delivery, DeliveryStatus } from './webhook-store.ts'

/** Which deliveries to show. */
export interface ListDeliveriesInput {
  readonly endpoint?: string
  readonly status?: DeliveryStatus
  readonly event?: string
  /** 1 to 100. */
  readonly limit: number
  readonly cursor?: string
}

/** Returns one page of deliveries, newest first. Throws `invalid_request` for a foreign cursor. */
export async function listDeliveries(
  { store }: WebhookParts,
  { cursor, limit, ...filter }: ListDeliveriesInput,
): Promise<Page<Delivery>> {
  const rows = await store.deliveries.list({
    ...filter,
    limit: limit + 1,
    ...(cursor === undefined ? {} : { beforeKey: decodeCursor('deliveries', cursor) }),
  })
  const data = rows.slice(0, limit)
  const last = data.at(-1)
  const hasMore = rows.length > limit
  return { data, hasMore, nextCursor: hasMore && last ? encodeCursor('deliveries', last.key) : null }
}

/** Returns a delivery with its attempts. Throws `not_found`. */
export async function getDelivery({ store }: WebhookParts, id: string): Promise<Delivery> {
  return (await store.deliveries.find(id)) ?? unknownDelivery(id)
}

/** Throws `not_found` for a delivery, with where to look. */
export function unknownDelivery(id: string): never {
  throw new GatewayError(
    'not_found',
    `There is no webhook delivery ${JSON.stringify(id.slice(0, 100))}. List them: openclaw webhook deliveries. Delivered ones are kept for three days, dead ones for thirty.`,
  )
}
