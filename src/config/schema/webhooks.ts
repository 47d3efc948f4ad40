import { Type } from '../../schema/type.ts'

const events = [
  'message.received',
  'message.sent',
  'conversation.created',
  'channel.connected',
  'channel.disconnected',
  'token.expiring',
  'budget.warning',
  'webhook.disabled',
  'message.*',
  'conversation.*',
  'channel.*',
  'token.*',
  'budget.*',
  'webhook.*',
  '*',
] as const

/** The section `api.webhooks`: who is told what happens. */
export const WebhooksSchema = Type.Object(
  {
    outgoing: Type.Array(
      Type.Object({
        id: Type.Optional(
          Type.String({
            pattern: '^[A-Za-z0-9_-]{1,64}$',
            expected: '1 to 64 letters, digits, "_" or "-"',
            description: 'Unique name of the endpoint. Without one it is `wh_` and a hash of the address.',
          }),
        ),
        url: Type.String({
          kind: 'httpUrl',
          secret: true,
          description: 'Where events are posted to. Redirects are not followed.',
        }),
        secret: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 500,
            secret: true,
            description: 'Signs the deliveries. Without one they are not signed.',
          }),
        ),
        previousSecret: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 500,
            secret: true,
            description: 'The secret before the last change: deliveries carry both signatures meanwhile.',
          }),
        ),
        events: Type.Array(Type.Enum([...events]), {
          orSingle: true,
          minItems: 1,
          maxItems: 50,
          default: ['*'],
          description: 'Events to post.',
        }),
        retry: Type.Object(
          {
            maxAttempts: Type.Integer({
              minimum: 1,
              maximum: 20,
              default: 3,
              description: 'Attempts in all.',
            }),
            backoffMs: Type.Integer({
              minimum: 100,
              maximum: 3_600_000,
              default: 5000,
              unit: 'milliseconds',
              description: 'Wait before the second attempt; it doubles each time, give or take a fifth.',
            }),
            schedule: Type.Optional(
              Type.Enum(['standard'], {
                description: '`standard` spreads ten attempts over three days instead.',
              }),
            ),
          },
          { default: {} },
        ),
        allowPrivateNetwork: Type.Boolean({
          default: false,
          description:
            'Whether the address may be a private or loopback one. Link-local and metadata addresses never may.',
        }),
      }),
      { maxItems: 100, default: [], description: 'Endpoints that are told of events.' },
    ),
  },
  { default: {} },
)
