import { type DeliveryView, deliveryView, detailedView } from '../domain/webhooks/delivery-view.ts'
import { getDelivery, listDeliveries } from '../domain/webhooks/list-deliveries.ts'
import { recoverEndpoint, refuseDisabled, replayDelivery } from '../domain/webhooks/replay-delivery.ts'
import { testEndpoint } from '../domain/webhooks/test-endpoint.ts'
import type { DeliveryStatus } from '../domain/webhooks/webhook-store.ts'
import { gatewayPid } from '../open-state.ts'
import { UnreachableError } from './ask-gateway.ts'
import { filterOf } from './audit-setup.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { print, printError, printJson, table } from './output.ts'
import { shellWord } from './shell.ts'
import { UsageError } from './usage-error.ts'
import { withWebhooks } from './webhook-setup.ts'

/** Options of `openclaw webhook deliveries`. */
export interface DeliveriesOptions extends JsonOptions {
  readonly endpoint?: string
  readonly status?: DeliveryStatus
  readonly event?: string
  readonly limit: number
  readonly cursor?: string
}

/** Lists deliveries, newest first; given an id, shows that one with what the receiver answered. */
export async function webhookDeliveries(id: string | undefined, options: DeliveriesOptions): Promise<number> {
  return await withWebhooks(options, async ({ parts }) => {
    if (id !== undefined) {
      printJson(detailedView(await getDelivery(parts, id)))
      return exitCodes.ok
    }
    const { endpoint, status, event, limit, cursor } = options
    const page = await listDeliveries(parts, {
      limit,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(status === undefined ? {} : { status }),
      ...(event === undefined ? {} : { event }),
      ...(cursor === undefined ? {} : { cursor }),
    })
    const rows = page.data.map(deliveryView)
    if (options.json === true) {
      printJson({ data: rows, hasMore: page.hasMore, nextCursor: page.nextCursor })
      return exitCodes.ok
    }
    if (rows.length === 0) print('There are no such deliveries.')
    else for (const line of table([heading, ...rows.map(cellsOf)])) print(line)
    if (page.nextCursor !== null) printError(`There are more: --cursor ${page.nextCursor}`)
    return exitCodes.ok
  })
}

/** Delivers an event once more, or with `endpoint` and `since` everything that this endpoint has missed. */
export async function webhookReplay(
  id: string | undefined,
  options: JsonOptions & { readonly endpoint?: string; readonly since?: string },
): Promise<number> {
  const { endpoint, since } = options
  const example = `openclaw webhook replay --endpoint ${shellWord(endpoint ?? 'crm')} --since 1d`
  const isOne = id !== undefined && endpoint === undefined && since === undefined
  const isAll = id === undefined && endpoint !== undefined && since !== undefined
  if (!isOne && !isAll) {
    throw new UsageError('Give the id of a delivery, or an endpoint with --endpoint and --since.', example)
  }
  const from = filterOf({ ...(since === undefined ? {} : { since }) }, example).since ?? 0
  return await withWebhooks(options, async ({ parts }) => {
    if (id !== undefined) {
      const delivery = deliveryView(await replayDelivery(parts, id))
      if (options.json === true) printJson(delivery)
      else print(`${delivery.id} (${delivery.event}) is under way again to ${delivery.endpoint}.`)
      return exitCodes.ok
    }
    const recovered = await recoverEndpoint(parts, { id: endpoint ?? '', since: from })
    if (options.json === true) printJson({ id: endpoint, recovered })
    else print(`${recovered} deliveries are under way again to ${endpoint}.`)
    return exitCodes.ok
  })
}

/** Sends an event `webhook.test` by the gateway that runs, and says what the receiver answered. */
export async function webhookTest(endpoint: string, options: JsonOptions): Promise<number> {
  return await withWebhooks(options, async ({ parts, loaded }) => {
    // What nobody delivers now would be delivered by a gateway that starts later.
    await refuseDisabled(parts, endpoint)
    if (gatewayPid(loaded) === undefined) {
      throw new UnreachableError(
        `No gateway runs on ${loaded.paths.stateDir}, so nobody would deliver it. Start it: openclaw gateway`,
      )
    }
    const delivery = await testEndpoint(parts, endpoint, new AbortController().signal)
    const [attempt] = delivery.attempts
    if (options.json === true) printJson(detailedView(delivery))
    if (attempt === undefined) {
      printError(
        `The gateway has not sent it within 20 seconds: it is busy, or has not taken up this endpoint. Look: openclaw webhook deliveries ${delivery.id}`,
      )
      return exitCodes.failure
    }
    const what =
      attempt.error === null || attempt.error === 'http_status' ? `${attempt.status}` : attempt.error
    if (options.json !== true) print(`${endpoint}: ${what} after ${attempt.durationMs} ms (${delivery.id})`)
    return delivery.status === 'delivered' ? exitCodes.ok : exitCodes.failure
  })
}

const heading = ['ID', 'EVENT', 'ENDPOINT', 'STATUS', 'ATTEMPTS', 'LAST', 'NEXT ATTEMPT', 'CREATED']

function cellsOf(row: DeliveryView): readonly string[] {
  const last = row.attempts.at(-1)
  const result = last === undefined ? '-' : (last.error ?? 'ok')
  const shown = result === 'http_status' ? String(last?.status) : result
  const { id, event, endpoint, status, attempts, nextAttemptAt, createdAt } = row
  return [id, event, endpoint, status, String(attempts.length), shown, nextAttemptAt ?? '-', createdAt]
}
