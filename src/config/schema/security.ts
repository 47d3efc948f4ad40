import { Type } from '../../schema/type.ts'

/** The section `api.security`: addresses, browsers, sizes, prompts. */
export const SecuritySchema = Type.Object(
  {
    allowedIPs: Type.Optional(
      Type.Array(Type.String({ kind: 'cidr' }), {
        maxItems: 1000,
        description: 'Addresses that may call anything but `GET /health`. Absent: all; an empty list: none.',
      }),
    ),
    cors: Type.Object(
      {
        enabled: Type.Boolean({
          default: true,
          description: 'Whether the origins below are answered with CORS headers.',
        }),
        origins: Type.Array(Type.String({ kind: 'origin' }), {
          maxItems: 100,
          default: [],
          description: 'Web pages that may call the API from a browser, by exact origin.',
        }),
        methods: Type.Array(Type.Enum(['GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'HEAD', 'OPTIONS']), {
          maxItems: 10,
          default: ['GET', 'POST', 'DELETE'],
          description: 'Methods that those pages may use.',
        }),
      },
      { default: {} },
    ),
    maxBodySize: Type.Integer({
      kind: 'size',
      minimum: 1024,
      maximum: 104_857_600,
      default: 1_048_576,
      description: 'Largest request body. B, KB and MB count in 1024s.',
    }),
    promptInjection: Type.Enum(['off', 'flag', 'block'], {
      default: 'flag',
      description:
        'What happens to a message that looks like a prompt injection: nothing, a warning in the reply and an audit record, or a refusal. It is detection, not prevention.',
    }),
  },
  { default: {} },
)
