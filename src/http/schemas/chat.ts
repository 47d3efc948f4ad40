import type { Static } from 'typebox'
import { Type } from '../../schema/type.ts'
import { strict, UsageSchema } from './common.ts'

/** Up to 16 string pairs. */
export const Metadata = Type.Record(Type.String(), Type.String({ maxLength: 512 }), {
  maxProperties: 16,
  // A record's own pattern bounds no length and takes no name with a line break.
  propertyNames: Type.String({ minLength: 1, maxLength: 64 }),
  additionalProperties: Type.String({ maxLength: 512 }),
  description: 'Up to 16 pairs of strings, kept with the turn.',
})

/** The form that a reply is wanted in. */
const ResponseFormat = strict(
  {
    type: Type.Enum(['json_schema']),
    schema: Type.Record(Type.String(), Type.Unknown(), {
      description:
        'JSON Schema, draft 2020-12 (or draft-07, where `$schema` says so), at most 64 KiB. Nothing is fetched for it, and `format` is not checked.',
      examples: [{ type: 'object', properties: { mood: { enum: ['good', 'bad'] } }, required: ['mood'] }],
    }),
    name: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]{1,64}$',
        description: 'What the model knows the form by. Absent means `answer`.',
      }),
    ),
  },
  'Makes `content` JSON that validates against the schema, and adds it parsed as `data`.',
)

/** An image that comes with a message. */
const Attachment = strict({
  type: Type.Enum(['image']),
  mimeType: Type.Optional(
    Type.Enum(['image/png', 'image/jpeg', 'image/gif', 'image/webp'], {
      description: 'What `data` is. May be left out with `url`.',
    }),
  ),
  data: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 7_000_000,
      description: 'The image in base64, at most 5 MiB of bytes; `api.security.maxBodySize` counts too.',
    }),
  ),
  url: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 2048,
      description:
        'In place of `data`: a public http(s) URL, which the gateway fetches. Redirects are not followed.',
    }),
  ),
})

/** Body of `POST /api/v1/chat` and `/chat/stream`. */
export const ChatBody = strict({
  message: Type.String({
    minLength: 1,
    maxLength: 100_000,
    description: 'What the user says, 1 to 100,000 characters.',
    examples: ['Hello'],
  }),
  conversationId: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{1,64}$',
      description: 'Continues a conversation, or opens one under this id. Absent opens a new one.',
      examples: ['conv_123'],
    }),
  ),
  model: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 256,
      description: 'A bare id or `provider/id` of GET /api/v1/models. Absent means the default.',
    }),
  ),
  systemPrompt: Type.Optional(
    Type.String({
      maxLength: 100_000,
      description: 'Stays with the conversation until another one replaces it.',
    }),
  ),
  maxTokens: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 10_000_000, description: 'The most tokens to answer with.' }),
  ),
  temperature: Type.Optional(
    Type.Number({ minimum: 0, maximum: 2, description: "0 to 2; a model's own range can be narrower." }),
  ),
  responseFormat: Type.Optional(ResponseFormat),
  attachments: Type.Optional(
    Type.Array(Attachment, {
      maxItems: 8,
      description:
        'Images that the model is shown with the message. The conversation keeps `[image]` for each.',
    }),
  ),
  skills: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      maxItems: 8,
      description:
        'Skills to follow, by their names in GET /api/v1/skills. Absent lets the model choose among those that are switched on; an empty list means none.',
      examples: [['customer-feedback-classification']],
    }),
  ),
  metadata: Type.Optional(Metadata),
})
/** Body of `POST /api/v1/chat` and `/chat/stream`. */
export type ChatBody = Static<typeof ChatBody>

/** Why a reply ended. */
export const FinishReasonSchema = Type.Union(
  [Type.Literal('stop'), Type.Literal('length'), Type.Literal('refusal'), Type.Literal('tool_calls')],
  { description: 'Why the reply ended.' },
)

const Data = Type.Unknown({
  description:
    'The reply, parsed, where `responseFormat` was given and the reply validates. It counts also where the deltas of a stream say something else.',
})

/** Reply of `POST /api/v1/chat`. */
export const ChatReply = strict({
  id: Type.String({ examples: ['msg_01JRD3Q0V8W9X0Y1Z2A3B4C5D6'] }),
  conversationId: Type.String(),
  role: Type.Literal('assistant'),
  content: Type.String(),
  model: Type.String({ description: 'Who answered.' }),
  usage: UsageSchema,
  latency: Type.Integer({
    minimum: 0,
    description: "Milliseconds from the request's arrival to the reply's end.",
  }),
  finishReason: FinishReasonSchema,
  warnings: Type.Optional(Type.Array(Type.String())),
  data: Type.Optional(Data),
})
/** Reply of `POST /api/v1/chat`. */
export type ChatReply = Static<typeof ChatReply>

/** One frame of a stream, the JSON after `data: `. */
export const StreamFrame = Type.Union(
  [
    strict({
      type: Type.Literal('start'),
      conversationId: Type.String(),
      messageId: Type.String(),
      model: Type.String(),
    }),
    strict({ type: Type.Literal('delta'), content: Type.String() }),
    strict({
      type: Type.Literal('done'),
      id: Type.String(),
      usage: UsageSchema,
      finishReason: FinishReasonSchema,
      latency: Type.Integer({ minimum: 0 }),
      warnings: Type.Optional(Type.Array(Type.String())),
      data: Type.Optional(Data),
    }),
    strict({
      type: Type.Literal('error'),
      error: Type.String(),
      message: Type.String(),
      requestId: Type.String(),
      retryAfter: Type.Optional(Type.Integer({ minimum: 1 })),
      details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    }),
  ],
  { description: '`start`, any number of `delta`, then exactly one of `done` and `error`.' },
)
/** One frame of a stream. */
export type StreamFrame = Static<typeof StreamFrame>

/** Body of `POST /api/v1/send`. */
export const SendBody = strict({
  channel: Type.String({ minLength: 1, maxLength: 64, examples: ['telegram'] }),
  chatId: Type.String({ minLength: 1, maxLength: 256, examples: ['123456789'] }),
  message: Type.String({
    minLength: 1,
    maxLength: 100_000,
    description: 'Markdown, 1 to 100,000 characters.',
  }),
  metadata: Type.Optional(Metadata),
})
/** Body of `POST /api/v1/send`. */
export type SendBody = Static<typeof SendBody>

/** Reply of `POST /api/v1/send`. */
export const SendReply = strict({
  id: Type.String(),
  conversationId: Type.String(),
  channel: Type.String(),
  chatId: Type.String(),
  status: Type.Literal('sent'),
  externalIds: Type.Array(Type.String()),
  timestamp: Type.String({ format: 'date-time' }),
})
