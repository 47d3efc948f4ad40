import { Type } from '../schema/type.ts'
import { Timestamp } from './schemas/common.ts'
import { webhookEvents } from './schemas/webhook-events.ts'
import { webhookExamples } from './schemas/webhook-examples.ts'

/** Returns the section `webhooks` of the OpenAPI document: what endpoints are told, with a body that was sent for each event. */
export function openApiWebhooks(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(webhookEvents).map(([name, { summary, data }]) => [
      name,
      { post: operation(name, summary, data) },
    ]),
  )
}

function operation(name: string, summary: string, data: object): Record<string, unknown> {
  const example = webhookExamples[name]
  return {
    operationId: `told${name.replace(/(?:^|\.)(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary,
    description:
      'Signed by the secret of the endpoint; the same event can come more than once, with the same `id`.',
    security: [],
    parameters: headers.map(([header, description]) => ({
      name: header,
      in: 'header',
      description,
      schema: { type: 'string' },
    })),
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: eventSchema(name, data),
          ...(example === undefined ? {} : { example: JSON.parse(example) }),
        },
      },
    },
    responses: {
      '2XX': { description: 'It was taken.' },
      '410': { description: 'Nothing more is to be sent to this endpoint.' },
      default: { description: 'It is sent again later, redirects too.' },
    },
  }
}

const headers = [
  ['webhook-id', "The event's id, the same on every attempt."],
  ['webhook-timestamp', 'Unix seconds of this attempt.'],
  [
    'webhook-signature',
    '`v1,` and base64 of HMAC-SHA256 over id, timestamp and body, one for each valid secret.',
  ],
  ['X-OpenClaw-Signature-256', '`sha256=` and hex of HMAC-SHA256 over the raw body.'],
  ['X-OpenClaw-Event', "The event's name."],
  ['X-OpenClaw-Delivery', 'Id of this attempt.'],
] as const

function eventSchema(name: string, data: object): object {
  return {
    type: 'object',
    required: ['id', 'event', 'type', 'timestamp', 'data'],
    properties: {
      id: Type.String({ pattern: '^evt_[0-9A-Z]+$' }),
      event: Type.Literal(name),
      type: Type.Literal(name),
      timestamp: Timestamp,
      data,
      signature: Type.String({
        pattern: '^sha256=[0-9a-f]{64}$',
        description: 'Over the body without this member; absent where the endpoint has no secret.',
      }),
    },
    additionalProperties: false,
  }
}
