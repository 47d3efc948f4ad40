import { Type } from '../../schema/type.ts'
import { Nullable, strict } from './common.ts'

const time = { minLength: 1, maxLength: 40 }

/** Query of `GET /api/v1/usage`. */
export const UsageQuerySchema = strict({
  from: Type.Optional(
    Type.String({
      ...time,
      description:
        'A day, a time, or how long ago: `7d`. By default 30 days, today included. Days are in UTC.',
      examples: ['2026-11-01'],
    }),
  ),
  to: Type.Optional(
    Type.String({
      ...time,
      description: 'A day, counted to its end, or a time. Now by default.',
      examples: ['2026-11-30'],
    }),
  ),
  groupBy: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 80,
      default: 'day',
      description: '`day`, `model`, `token`, or `metadata.` and a name.',
      examples: ['model'],
    }),
  ),
})

const UsageRowSchema = strict({
  key: Nullable(
    Type.String({
      description:
        "The UTC day, the model, the token's id (or the channel's name), or the value. Null for turns without that metadata.",
    }),
  ),
  name: Type.Optional(Type.String({ description: 'The name of the token, by `token` alone.' })),
  requests: Type.Integer({ minimum: 0, description: 'Turns, those that failed or were left too.' }),
  inputTokens: Type.Integer({ minimum: 0 }),
  outputTokens: Type.Integer({ minimum: 0 }),
  cost: Type.Number({ minimum: 0, description: 'By the prices in the config, in `models.currency`.' }),
  estimatedCost: Type.Number({
    minimum: 0,
    description: 'By the built-in list prices, in USD, of the turns whose model has no price in the config.',
  }),
})

/** Reply of `GET /api/v1/usage`. */
export const UsageReply = strict({ data: Type.Array(UsageRowSchema) })
