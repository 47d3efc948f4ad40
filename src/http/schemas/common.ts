import type { TProperties, TSchema } from 'typebox'
import { Type } from '../../schema/type.ts'

/** An object whose unknown members are refused. */
export function strict<P extends TProperties>(properties: P, description?: string) {
  return Type.Object(properties, {
    additionalProperties: false,
    ...(description === undefined ? {} : { description }),
  })
}

/** `limit` and `cursor` of a list. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Rows a page, 1 to 100.' }),
  ),
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: '`nextCursor` of the page before.' }),
  ),
}

/** `hasMore` and `nextCursor` of a page. */
export const pageFields = {
  hasMore: Type.Boolean({ description: 'Whether there are rows after this page.' }),
  nextCursor: Type.Union([Type.String(), Type.Null()], {
    description: 'Pass it as `cursor` for the next page.',
  }),
}

/** The header of requests that are to happen once. */
export const IdempotencyHeader = strict({
  'Idempotency-Key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description:
        'A new one for each request that is to happen once, such as a UUID. For 24 hours the same request with the same key gets the first answer again, with `Idempotent-Replayed: true`.',
      examples: ['8e03978e-40d5-43dd-bc93-6894a57f9324'],
    }),
  ),
})

/** A point in time in the API: ISO 8601 in UTC. */
export const Timestamp = Type.String({ format: 'date-time', examples: ['2026-04-09T10:30:00.000Z'] })

/** A value or null. */
export function Nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}

/** Tokens of a turn. */
export const UsageSchema = strict(
  {
    inputTokens: Type.Integer({ minimum: 0 }),
    outputTokens: Type.Integer({ minimum: 0 }),
    estimated: Type.Optional(
      Type.Boolean({
        description: 'True where the provider told nothing and the gateway counted by length.',
      }),
    ),
    cacheReadTokens: Type.Optional(
      Type.Integer({ minimum: 1, description: "How many of the input were read from the provider's cache." }),
    ),
    cacheWriteTokens: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "How many of the input were written to the provider's cache.",
      }),
    ),
    cost: Type.Optional(
      Type.Number({
        minimum: 0,
        description: "In `models.currency`; only where the model's price is in the config.",
      }),
    ),
  },
  'Tokens of the turn, and what they cost.',
)

/** Tokens of a turn as events tell them: a cost is a decimal string, since events hold whole numbers only. */
export const EventUsageSchema = strict(
  {
    ...UsageSchema.properties,
    cost: Type.Optional(
      Type.String({
        description: "Decimal, in `models.currency`; only where the model's price is in the config.",
      }),
    ),
  },
  'Tokens of the turn, and what they cost.',
)

/** The body of every error. */
export const ErrorSchema = strict(
  {
    error: Type.String({ description: 'One of the closed list of codes.', examples: ['invalid_request'] }),
    message: Type.String({ description: 'A sentence that says what to do.' }),
    requestId: Type.String({ description: 'Also in X-Request-Id and in the log.' }),
    retryAfter: Type.Optional(Type.Integer({ minimum: 1, description: 'Seconds, the same as Retry-After.' })),
    details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  'Why the request was not served.',
)
