import type { Conversation, Message } from '../../domain/conversations/conversation.ts'
import { deleteConversation } from '../../domain/conversations/delete-conversation.ts'
import { getConversation } from '../../domain/conversations/get-conversation.ts'
import { listConversations } from '../../domain/conversations/list-conversations.ts'
import type { App, HttpParts } from '../app.ts'
import { contextOf } from '../context.ts'
import { jsonReply } from '../openapi.ts'
import {
  ConversationParams,
  ConversationReply,
  ConversationsQuery,
  ConversationsReply,
  type ConversationView,
  DeletedReply,
  MessagesQuery,
  type MessageView,
} from '../schemas/conversations.ts'

const pageRows = 20

interface PageQuery {
  readonly limit?: number
  readonly cursor?: string
}

/** `GET /conversations`, `GET /conversations/:id`, `DELETE /conversations/:id`. */
export function conversationRoutes(app: App, http: HttpParts): void {
  app.get<{ Querystring: PageQuery & { readonly channel?: string } }>(
    '/conversations',
    {
      config: {
        scope: 'read',
        summary: 'List conversations, newest first.',
        responses: jsonReply('One page.', ConversationsReply),
      },
      schema: { querystring: ConversationsQuery },
    },
    async (request) => {
      const page = await listConversations(contextOf(http, request), { limit: pageRows, ...request.query })
      return { ...page, data: page.data.map(conversationView) }
    },
  )
  app.get<{ Params: { id: string }; Querystring: PageQuery }>(
    '/conversations/:id',
    {
      config: {
        scope: 'read',
        summary: 'Get a conversation with its messages, oldest first.',
        responses: jsonReply('The conversation and one page of its messages.', ConversationReply),
      },
      schema: { params: ConversationParams, querystring: MessagesQuery },
    },
    async (request) => {
      const input = { limit: pageRows, ...request.query, id: request.params.id }
      const found = await getConversation(contextOf(http, request), input)
      const { messages, hasMore, nextCursor } = found
      return { ...conversationView(found), messages: messages.map(messageView), hasMore, nextCursor }
    },
  )
  app.delete<{ Params: { id: string } }>(
    '/conversations/:id',
    {
      config: {
        scope: 'chat',
        summary: 'Delete a conversation.',
        responses: jsonReply('It is gone.', DeletedReply),
      },
      schema: { params: ConversationParams },
    },
    (request) => deleteConversation(contextOf(http, request), request.params),
  )
}

function conversationView(conversation: Conversation): ConversationView {
  const { id, channel, chatId, title, messageCount, createdAt, updatedAt } = conversation
  return { id, channel, chatId, title, messageCount, createdAt: iso(createdAt), updatedAt: iso(updatedAt) }
}

function messageView(message: Message): MessageView {
  return { ...message, createdAt: iso(message.createdAt) }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
