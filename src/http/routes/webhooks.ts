import { GatewayError } from '../../domain/errors.ts'
import { deliveryView, detailedView } from '../../domain/webhooks/delivery-view.ts'
import {
  getDelivery,
  type ListDeliveriesInput,
  listDeliveries,
} from '../../domain/webhooks/list-deliveries.ts'
import { listEndpoints } from '../../domain/webhooks/list-endpoints.ts'
import { recoverEndpoint, replayDelivery } from '../../domain/webhooks/replay-delivery.ts'
import { testEndpoint } from '../../domain/webhooks/test-endpoint.ts'
import { webhookParts } from '../../domain/webhooks/webhook-parts.ts'
import type { App, HttpParts } from '../app.ts'
import { abortOnClose, contextOf } from '../context.ts'
import { jsonReply } from '../openapi.ts'
import {
  DeliveriesQuery,
  DeliveriesReply,
  DeliveryParams,
  DeliveryReply,
  EndpointParams,
  EndpointsReply,
  RecoverBody,
  RecoverReply,
} from '../schemas/webhooks.ts'

const pageRows = 20

/** The endpoints under `/webhooks`: who is told of events, and what became of it. */
export function webhookRoutes(app: App, http: HttpParts): void {
  endpointRoutes(app, http)
  deliveryRoutes(app, http)
}

interface Id {
  readonly id: string
}

function endpointRoutes(app: App, http: HttpParts): void {
  app.get(
    '/webhooks',
    {
      config: {
        scope: 'admin',
        summary: 'List the webhook endpoints of the config.',
        responses: jsonReply('All of them.', EndpointsReply),
      },
    },
    async (request) => {
      const endpoints = await listEndpoints(webhookParts(contextOf(http, request)))
      return {
        data: endpoints.map(({ disabledAt, failingSince, ...rest }) => ({
          ...rest,
          disabledAt: iso(disabledAt),
          failingSince: iso(failingSince),
        })),
      }
    },
  )
  app.post<{ Params: Id }>(
    '/webhooks/:id/test',
    {
      config: {
        scope: 'admin',
        summary: 'Send an event webhook.test to an endpoint and wait for the answer, at most 20 seconds.',
        responses: jsonReply('The delivery with its one attempt.', DeliveryReply),
      },
      schema: { params: EndpointParams },
    },
    async (request, reply) => {
      const { signal } = abortOnClose(reply)
      const parts = webhookParts(contextOf(http, request))
      return detailedView(await testEndpoint(parts, request.params.id, signal))
    },
  )
  app.post<{ Params: Id; Body: { readonly since: string } }>(
    '/webhooks/:id/recover',
    {
      config: {
        scope: 'admin',
        summary: 'Send again what an endpoint has missed.',
        responses: jsonReply('How many deliveries are under way again.', RecoverReply),
      },
      schema: { params: EndpointParams, body: RecoverBody },
    },
    async (request) => {
      const { id } = request.params
      const input = { id, since: timeOf(request.body.since) }
      return { id, recovered: await recoverEndpoint(webhookParts(contextOf(http, request)), input) }
    },
  )
}

function deliveryRoutes(app: App, http: HttpParts): void {
  app.get<{ Querystring: Partial<ListDeliveriesInput> }>(
    '/webhooks/deliveries',
    {
      config: {
        scope: 'admin',
        summary: 'List webhook deliveries, newest first.',
        responses: jsonReply('One page.', DeliveriesReply),
      },
      schema: { querystring: DeliveriesQuery },
    },
    async (request) => {
      const input = { limit: pageRows, ...request.query }
      const page = await listDeliveries(webhookParts(contextOf(http, request)), input)
      return { ...page, data: page.data.map(deliveryView) }
    },
  )
  app.get<{ Params: Id }>(
    '/webhooks/deliveries/:id',
    {
      config: {
        scope: 'admin',
        summary: 'Get a webhook delivery with its attempts and what the receiver answered.',
        responses: jsonReply('The delivery.', DeliveryReply),
      },
      schema: { params: DeliveryParams },
    },
    async (request) =>
      detailedView(await getDelivery(webhookParts(contextOf(http, request)), request.params.id)),
  )
  app.post<{ Params: Id }>(
    '/webhooks/deliveries/:id/replay',
    {
      config: {
        scope: 'admin',
        summary: 'Deliver the same event once more.',
        responses: jsonReply('The delivery, waiting for its next attempt.', DeliveryReply),
      },
      schema: { params: DeliveryParams },
    },
    async (request) =>
      detailedView(await replayDelivery(webhookParts(contextOf(http, request)), request.params.id)),
  )
}

function timeOf(text: string): number {
  const since = Date.parse(text)
  if (Number.isFinite(since)) return since
  throw new GatewayError('invalid_request', 'since must be a time such as 2026-04-09T10:30:00Z.', {
    details: { field: 'since' },
  })
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
