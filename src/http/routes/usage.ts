import { getUsage } from '../../domain/usage/get-usage.ts'
import { parseUsageQuery, type UsageWords } from '../../domain/usage/usage-query.ts'
import type { App, HttpParts } from '../app.ts'
import { abortOnClose, ClientGone, contextOf } from '../context.ts'
import { jsonReply } from '../openapi.ts'
import { UsageQuerySchema, UsageReply } from '../schemas/usage.ts'

/** `GET /usage`. */
export function usageRoutes(app: App, http: HttpParts): void {
  app.get<{ Querystring: UsageWords }>(
    '/usage',
    {
      config: {
        scope: 'read',
        summary: 'Sum up what turns have used and cost.',
        responses: jsonReply('One row a group: days oldest first, others by what they cost.', UsageReply),
      },
      schema: { querystring: UsageQuerySchema },
    },
    async (request, reply) => {
      const { actor, parts, signal } = contextOf(http, request, abortOnClose(reply).signal)
      const query = parseUsageQuery(request.query, parts.clock.now())
      try {
        const rows = await getUsage(parts.store.usage, actor, query, signal)
        if (query.grouping.by !== 'token') return { data: rows }
        return { data: rows.map((row) => ({ ...row, ...named(http.authenticator.nameOf(row.key)) })) }
      } catch (error) {
        if (error instanceof ClientGone) return reply.hijack()
        throw error
      }
    },
  )
}

function named(name: string | undefined): { readonly name?: string } {
  return name === undefined ? {} : { name }
}
