import { GatewayError } from '../../domain/errors.ts'
import type { App, HttpParts } from '../app.ts'
import { ChannelParams } from '../schemas/channels.ts'

/** `POST /channels/:name/webhook`, for platforms that post what happens. The adapter itself tells whether it is the platform who posts. */
export function channelWebhookRoutes(app: App, http: HttpParts): void {
  app.post<{ Params: { readonly name: string } }>(
    '/channels/:name/webhook',
    {
      config: {
        scope: 'none',
        // Its form is the platform's.
        isUndocumented: true,
      },
      schema: { params: ChannelParams },
    },
    async (request, reply) => {
      const { name } = request.params
      const handler = http.parts.channels.find(name)?.webhook
      if (!handler) {
        throw new GatewayError('not_found', `No channel ${JSON.stringify(name)} takes posts here.`)
      }
      const status = await handler({ headers: request.headers, body: request.body })
      return reply.code(status).send({})
    },
  )
}
