import { GatewayError } from '../../domain/errors.ts'
import type { App } from '../app.ts'
import { jsonReply } from '../openapi.ts'
import { SendBody, SendReply } from '../schemas/chat.ts'

/** `POST /send`. */
export function sendRoutes(app: App): void {
  app.post<{ Body: SendBody }>(
    '/send',
    {
      config: {
        scope: 'send',
        summary: 'Send a message to a chat of a channel.',
        responses: jsonReply('The message stands in the chat.', SendReply),
      },
      schema: { body: SendBody },
    },
    (request) => {
      // No channel adapter is part of this version, so none can be configured.
      throw new GatewayError(
        'channel_not_found',
        `No channel ${JSON.stringify(request.body.channel)} is configured.`,
      )
    },
  )
}
