import { Type } from '../../schema/type.ts'
import { Nullable, pageFields, pageQuery, strict, Timestamp } from './common.ts'

/** Query of `GET /api/v1/audit`. */
export const AuditQuery = strict({
  ...pageQuery,
  token: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'Name or id of the token.',
      examples: ['my-app'],
    }),
  ),
  status: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 8,
      description: 'A status, or a class of them.',
      examples: ['4xx'],
    }),
  ),
  since: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 40,
      description: 'A time, or how long ago: `30m`, `1h`, `2d`.',
      examples: ['1h'],
    }),
  ),
})

/** One record. */
export const AuditRecordSchema = strict({
  sequence: Type.Integer({ minimum: 1, description: 'Its place in the chain.' }),
  at: Timestamp,
  actor: strict(
    {
      type: Type.String({ description: '`token`, `stranger`, `channel`, `cli` or `worker`.' }),
      id: Nullable(Type.String()),
      name: Nullable(Type.String()),
    },
    'Who did it. A stranger showed no good token.',
  ),
  action: Nullable(
    Type.String({
      description: 'Null for a call of the API; else such as `token.created` or `config.reloaded`.',
    }),
  ),
  target: Nullable(Type.String({ description: 'The id of what an action changed.' })),
  method: Nullable(Type.String()),
  route: Nullable(Type.String({ description: "The route's pattern, or `unknown`." })),
  status: Nullable(Type.Integer({ description: '499 where the caller went away before the end.' })),
  error: Nullable(Type.String({ description: 'The code of the error.' })),
  ip: Nullable(Type.String()),
  requestId: Nullable(Type.String()),
  usage: Nullable(
    strict(
      {
        model: Type.String(),
        inputTokens: Type.Integer({ minimum: 0 }),
        outputTokens: Type.Integer({ minimum: 0 }),
      },
      'What a turn used.',
    ),
  ),
  count: Type.Integer({ minimum: 1, description: 'How many calls the record stands for.' }),
})

/** Reply of `GET /api/v1/audit`. */
export const AuditReply = strict({ data: Type.Array(AuditRecordSchema), ...pageFields })
