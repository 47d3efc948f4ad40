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
  },
  'Tokens of the turn.',
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
