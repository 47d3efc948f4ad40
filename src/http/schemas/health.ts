import { Type } from '../../schema/type.ts'
import { Nullable, strict, Timestamp } from './common.ts'

const status = Type.Union([Type.Literal('ok'), Type.Literal('degraded')])
const sentence = Type.Optional(
  Type.String({ description: 'What is wrong and what to do, where it is not well.' }),
)

/** Reply of `GET /health`. */
export const HealthReply = strict({
  status: Type.Literal('ok'),
  version: Type.String(),
  uptime: Type.Integer({ minimum: 0, description: 'Seconds since the gateway was ready.' }),
})

/** Reply of `GET /health/detail`. */
export const HealthDetailReply = strict({
  status,
  version: Type.String(),
  uptime: Type.Integer({ minimum: 0 }),
  channels: Type.Record(
    Type.String(),
    strict({
      status: Type.Union([
        Type.Literal('connecting'),
        Type.Literal('connected'),
        Type.Literal('disconnected'),
      ]),
      since: Timestamp,
      lastProofAt: Nullable(Timestamp),
      lastError: Nullable(Type.String({ description: 'The last one, in words.' })),
      remedy: Nullable(Type.String({ description: 'What a person must do.' })),
      sentence,
    }),
  ),
  models: strict({
    status,
    sentence,
    providers: Type.Array(
      strict({
        name: Type.String(),
        status: Type.Union(
          [Type.Literal('ok'), Type.Literal('unknown'), Type.Literal('failed'), Type.Literal('cooling')],
          { description: '`cooling`: left alone for a while, after turns that failed there.' },
        ),
        models: Type.Integer({ minimum: 0 }),
        sentence,
      }),
    ),
  }),
  store: strict({ status, engine: Type.String(), queued: Type.Integer({ minimum: 0 }), sentence }),
  webhooks: strict({ status, endpoints: Type.Integer({ minimum: 0 }), sentence }),
  memory: strict({ status, rssBytes: Type.Integer(), heapUsedBytes: Type.Integer(), sentence }),
  eventLoop: strict({
    status,
    delayP99Ms: Type.Number({ description: '99th percentile of the delay since the last call.' }),
    sentence,
  }),
})
