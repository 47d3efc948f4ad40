import { Type } from '../../schema/type.ts'
import { SecuritySchema } from './security.ts'
import { TokenSchema } from './token.ts'
import { WebhooksSchema } from './webhooks.ts'

const WindowSchema = {
  windowMs: Type.Integer({
    minimum: 1000,
    maximum: 86_400_000,
    default: 60_000,
    unit: 'milliseconds',
    description: 'Length of the sliding window.',
  }),
}

const maxRequests = { minimum: 1, maximum: 100_000_000, unit: 'requests' }

/** The section `api`: where the gateway listens, who may call it, how often. */
export const ApiSchema = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: 'Whether the API is served. `false` leaves `GET /health` alone.',
    }),
    host: Type.String({
      kind: 'host',
      default: '127.0.0.1',
      description:
        'Address to listen on. Anything but a loopback address is refused while `api.auth.enabled` is `false`.',
    }),
    port: Type.Integer({
      minimum: 1,
      maximum: 65_535,
      default: 18_789,
      description: 'Port to listen on. `--port` and then `OPENCLAW_GATEWAY_PORT` come before it.',
    }),
    publicUrl: Type.Array(Type.String({ kind: 'httpUrl' }), {
      orSingle: true,
      maxItems: 20,
      default: [],
      description:
        'Address or addresses under which clients reach the gateway, for example behind a proxy. Their hosts are accepted in the `Host` header.',
    }),
    trustedProxies: Type.Array(Type.String({ kind: 'cidr' }), {
      maxItems: 100,
      default: [],
      description: 'Proxies whose `X-Forwarded-For` counts.',
    }),
    tls: Type.Optional(
      Type.Object(
        {
          certFile: Type.String({ kind: 'path', description: 'Certificate chain in PEM format.' }),
          keyFile: Type.String({ kind: 'path', description: 'Private key in PEM format.' }),
        },
        { description: 'Serve HTTPS. Both files must be readable.' },
      ),
    ),
    limits: Type.Object(
      {
        concurrentStreams: Type.Integer({
          minimum: 1,
          maximum: 100_000,
          default: 50,
          description: 'Streams that one token may have open at a time.',
        }),
      },
      { default: {} },
    ),
    auth: Type.Object(
      {
        enabled: Type.Boolean({
          default: true,
          description: 'Whether a token is needed. `false` is possible on a loopback address only.',
        }),
        tokens: Type.Array(TokenSchema, {
          maxItems: 1000,
          default: [],
          description: 'Tokens of this file, beside those made by `openclaw token create`.',
        }),
      },
      { default: {} },
    ),
    rateLimit: Type.Object(
      {
        global: Type.Optional(
          Type.Object(
            {
              ...WindowSchema,
              maxRequests: Type.Integer({
                ...maxRequests,
                description: 'Requests of all tokens together in one window.',
              }),
            },
            { description: 'Limit for all authenticated requests together. Without it there is none.' },
          ),
        ),
        perToken: Type.Object(
          {
            ...WindowSchema,
            maxRequests: Type.Integer({
              ...maxRequests,
              default: 60,
              description: "Requests of one token in one window. A token's own `rateLimit` comes before it.",
            }),
          },
          { default: {} },
        ),
      },
      { default: {} },
    ),
    security: SecuritySchema,
    webhooks: WebhooksSchema,
  },
  { default: {}, description: 'Where the gateway listens, who may call it, and how often.' },
)
