import { Type } from '../../schema/type.ts'
import { EventUsageSchema, Nullable, strict, Timestamp } from './common.ts'

const place = {
  conversationId: Type.String(),
  channel: Type.String({ description: '`api`, or the channel.' }),
  chatId: Type.String({ description: "The platform's chat; for `api` the conversation's own id." }),
}
const from = strict({ id: Type.String(), name: Type.String() }, 'Who wrote: for `api` the token.')
const channel = {
  channel: Type.String(),
  reason: Type.String({ description: 'In words.' }),
  timestamp: Timestamp,
}
const token = { tokenId: Type.String(), name: Type.String() }

/** What each event tells and when it happens, by its name. */
export const webhookEvents = {
  'message.received': {
    summary: 'Somebody wrote a message.',
    data: strict({
      messageId: Type.String(),
      ...place,
      from,
      content: Type.String(),
      timestamp: Timestamp,
    }),
  },
  'message.sent': {
    summary:
      'A reply is complete, in a chat when all of it stands there; or an application has sent a message. A turn that fails or is left has none.',
    data: strict({
      messageId: Type.String({ description: "The reply's `id`." }),
      ...place,
      content: Type.String(),
      model: Nullable(Type.String({ description: 'Null where an application wrote.' })),
      usage: Nullable(EventUsageSchema),
      externalIds: Type.Array(Type.String(), { description: "The platform's ids, none for `api`." }),
      timestamp: Timestamp,
    }),
  },
  'conversation.created': {
    summary: 'A conversation was opened by its first message.',
    data: strict({ ...place, from, timestamp: Timestamp }),
  },
  'channel.connected': { summary: 'A channel is connected.', data: strict(channel) },
  'channel.disconnected': { summary: 'A channel has lost its connection.', data: strict(channel) },
  'token.expiring': {
    summary: 'A token expires soon.',
    data: strict({ ...token, expiresAt: Timestamp, timestamp: Timestamp }),
  },
  'budget.warning': {
    summary: 'A token has used most of its budget.',
    data: strict({
      ...token,
      spent: Type.String({ description: 'Decimal.' }),
      budget: Type.String({ description: 'Decimal.' }),
      per: Type.String(),
      timestamp: Timestamp,
    }),
  },
  'webhook.disabled': {
    summary: 'Another endpoint is told no more: it answered 410, or has only failed for five days.',
    data: strict({
      endpoint: Type.String(),
      reason: Type.Union([Type.Literal('gone'), Type.Literal('failing')]),
      timestamp: Timestamp,
    }),
  },
  'webhook.test': {
    summary: 'Sent on request alone, to one endpoint, whatever it listens to.',
    data: strict({ endpoint: Type.String(), timestamp: Timestamp }),
  },
} as const
