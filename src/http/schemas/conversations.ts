import type { Static } from 'typebox'
import { Type } from '../../schema/type.ts'
import { FinishReasonSchema } from './chat.ts'
import { Nullable, pageFields, pageQuery, strict, Timestamp, UsageSchema } from './common.ts'

/** Path of one conversation. */
export const ConversationParams = strict({
  id: Type.String({ minLength: 1, maxLength: 64, examples: ['conv_123'] }),
})

/** Query of `GET /api/v1/conversations`. */
export const ConversationsQuery = strict({
  ...pageQuery,
  channel: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: '`api`, `telegram`, …' })),
})

/** Query of `GET /api/v1/conversations/:id`. */
export const MessagesQuery = strict(pageQuery)

const fields = {
  id: Type.String(),
  channel: Type.String({ description: '`api`, or the channel.' }),
  chatId: Type.String({ description: "The platform's chat; for `api` the conversation's own id." }),
  title: Type.String({ description: 'Made from the first message.' }),
  messageCount: Type.Integer({ minimum: 0 }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
}

/** A conversation in a list. */
export const ConversationSchema = strict(fields)
/** A conversation in a list. */
export type ConversationView = Static<typeof ConversationSchema>

/** One message of a conversation. */
export const MessageSchema = strict({
  id: Type.String(),
  role: Type.Union([Type.Literal('user'), Type.Literal('assistant')]),
  content: Type.String(),
  status: Type.Union([
    Type.Literal('pending'),
    Type.Literal('complete'),
    Type.Literal('aborted'),
    Type.Literal('failed'),
  ]),
  model: Nullable(Type.String()),
  usage: Nullable(UsageSchema),
  finishReason: Nullable(FinishReasonSchema),
  createdAt: Timestamp,
})
/** One message of a conversation. */
export type MessageView = Static<typeof MessageSchema>

/** Reply of `GET /api/v1/conversations`. */
export const ConversationsReply = strict({ data: Type.Array(ConversationSchema), ...pageFields })

/** Reply of `GET /api/v1/conversations/:id`. */
export const ConversationReply = strict({ ...fields, messages: Type.Array(MessageSchema), ...pageFields })

/** Reply of `DELETE /api/v1/conversations/:id`. */
export const DeletedReply = strict({ id: Type.String(), deleted: Type.Literal(true) })
