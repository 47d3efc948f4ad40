import { sendMessage } from '../../domain/channels/send-message.ts'
import type { App, HttpParts } from '../app.ts'
import { contextOf } from '../context.ts'
import { answerOnce } from '../idempotency.ts'
import { jsonReply } from '../openapi.ts'
import { SendBody, SendReply } from '../schemas/chat.ts'
import { IdempotencyHeader } from '../schemas/common.ts'

/** `POST /send`. */
export function sendRoutes(app: App, http: HttpParts): void {
  app.post<{ Body: SendBody }>(
    '/send',
    {
      config: {
        scope: 'send',
        headers: IdempotencyHeader,
        summary: 'Send a message to a chat of a channel.',
        responses: jsonReply('The message stands in the chat.', SendReply),
      },
      schema: { body: SendBody },
      attachValidation: true,
    },
    (request, reply) =>
      answerOnce(http, request, reply, (call) => {
        const { body } = request
        // Lone surrogates have no UTF-8: neither the store nor a platform could take them.
        const input = { ...body, message: body.message.toWellFormed() }
        return sendMessage(contextOf(http, request), call ? { ...input, key: call.use } : input)
      }),
  )
}
