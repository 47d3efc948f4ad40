import { Type } from '../../schema/type.ts'

/** One token of the config file. */
export const TokenSchema = Type.Object({
  name: Type.String({
    kind: 'name',
    description:
      'Unique name. The id of the token derives from it, so that what the token owns outlives a new secret.',
  }),
  token: Type.String({
    kind: 'tokenSecret',
    secret: true,
    description:
      'The secret itself, a variable, or `sha256:` and the SHA-256 of the secret in hex, so that the file holds nothing to steal.',
  }),
  scope: Type.Array(Type.Enum(['chat', 'send', 'read', 'admin']), {
    orSingle: true,
    minItems: 1,
    maxItems: 10,
    description: 'What the token may do. `admin` implies the others.',
  }),
  rateLimit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100_000_000,
      unit: 'requests a minute',
      description: 'Own limit of this token. Comes before `api.rateLimit.perToken`.',
    }),
  ),
  allowedIPs: Type.Optional(
    Type.Array(Type.String({ kind: 'cidr' }), {
      maxItems: 1000,
      description: 'Addresses that may use this token. Absent: all; an empty list: none.',
    }),
  ),
  models: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      maxItems: 1000,
      description: 'Models that this token may use. Absent: all; an empty list: none.',
    }),
  ),
  expiresAt: Type.Optional(
    Type.String({ kind: 'date', description: 'When the token stops working. Absent: never.' }),
  ),
  budget: Type.Optional(
    Type.Object(
      {
        amount: Type.Number({
          exclusiveMinimum: 0,
          maximum: 1_000_000_000,
          unit: 'in `models.currency`',
          description: 'What may be spent.',
        }),
        per: Type.Enum(['day', 'month'], { description: 'Period after which it starts again, in UTC.' }),
      },
      { description: 'The most that the models may cost through this token.' },
    ),
  ),
})
