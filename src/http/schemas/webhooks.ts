import { Type } from '../../schema/type.ts'
import { Nullable, pageFields, pageQuery, strict, Timestamp } from './common.ts'

const id = Type.String({ minLength: 1, maxLength: 64 })

/** Path of one endpoint. */
export const EndpointParams = strict({ id })

/** Path of one delivery. */
export const DeliveryParams = strict({ id })

const status = Type.Union([Type.Literal('waiting'), Type.Literal('delivered'), Type.Literal('dead')])

/** Query of `GET /api/v1/webhooks/deliveries`. */
export const DeliveriesQuery = strict({
  ...pageQuery,
  endpoint: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Id of an endpoint.' })),
  status: Type.Optional(status),
  event: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: 'For example `message.sent`.' }),
  ),
})

/** Body of `POST /api/v1/webhooks/:id/recover`. */
export const RecoverBody = strict({
  since: Type.String({
    pattern: '^\\d{4}-\\d\\d-\\d\\d(T\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,9})?)?(Z|[+-]\\d\\d:\\d\\d))?$',
    examples: ['2026-04-09T10:30:00Z'],
    description: 'ISO 8601. Dead deliveries made since then are sent.',
  }),
})

/** Reply of `POST /api/v1/webhooks/:id/recover`. */
export const RecoverReply = strict({
  id: Type.String(),
  recovered: Type.Integer({ minimum: 0, description: 'How many deliveries are under way again.' }),
})

/** Reply of `GET /api/v1/webhooks`. */
export const EndpointsReply = strict({
  data: Type.Array(
    strict({
      id: Type.String(),
      url: Type.String({ description: 'Without path and query, which can hold secrets.' }),
      events: Type.Array(Type.String()),
      signed: Type.Boolean(),
      status: Type.Union([Type.Literal('enabled'), Type.Literal('disabled')]),
      disabledReason: Nullable(
        Type.String({ description: '`gone` (410), `failing` (five days), or `by_hand`.' }),
      ),
      disabledAt: Nullable(Timestamp),
      failingSince: Nullable(Timestamp),
      waiting: Type.Integer({ minimum: 0, description: 'Deliveries that wait, counted up to 10,000.' }),
    }),
  ),
})

const attempt = {
  at: Timestamp,
  status: Nullable(Type.Integer({ description: 'HTTP status, null where no answer came.' })),
  error: Nullable(
    Type.String({
      description:
        'Null after a success, else `http_status`, `redirect`, `timeout`, `connect`, `connection_lost`, `dns`, `tls`, `address_refused` or `url_refused`.',
    }),
  ),
  durationMs: Type.Integer({ minimum: 0 }),
}

const delivery = {
  id: Type.String(),
  eventId: Type.String({ description: 'The `webhook-id` that the receiver sees.' }),
  event: Type.String(),
  endpoint: Type.String(),
  status,
  reason: Nullable(
    Type.String({
      description: 'Why it is dead: `attempts_exhausted`, `gone`, `endpoint_disabled` or `too_old`.',
    }),
  ),
}

const times = { createdAt: Timestamp, nextAttemptAt: Nullable(Timestamp) }

/** Reply of `GET /api/v1/webhooks/deliveries`. */
export const DeliveriesReply = strict({
  data: Type.Array(strict({ ...delivery, attempts: Type.Array(strict(attempt)), ...times })),
  ...pageFields,
})

/** Reply with one delivery. */
export const DeliveryReply = strict({
  ...delivery,
  attempts: Type.Array(
    strict({
      id: Type.String({ description: 'The `X-OpenClaw-Delivery` that the receiver sees.' }),
      ...attempt,
      answer: Nullable(Type.String({ description: 'The first 4 KiB of the answer.' })),
    }),
  ),
  ...times,
})
