import { type AuditFilterWords, parseAuditFilter } from '../../domain/audit/audit-filter.ts'
import { auditPage } from '../../domain/audit/list-audit.ts'
import type { App, HttpParts } from '../app.ts'
import { abortOnClose, ClientGone } from '../context.ts'
import { jsonReply } from '../openapi.ts'
import { AuditQuery, AuditReply } from '../schemas/audit.ts'

const pageRows = 20

/** `GET /audit`. */
export function auditRoutes(app: App, http: HttpParts): void {
  app.get<{ Querystring: AuditFilterWords & { readonly limit?: number; readonly cursor?: string } }>(
    '/audit',
    {
      config: {
        scope: 'admin',
        summary: 'List what was done and by whom, newest first.',
        responses: jsonReply('One page.', AuditReply),
      },
      schema: { querystring: AuditQuery },
    },
    async (request, reply) => {
      const { limit = pageRows, cursor, ...words } = request.query
      const { clock, store } = http.parts
      const filter = parseAuditFilter(words, clock.now())
      const { signal } = abortOnClose(reply)
      // So that a caller finds its own calls of just now.
      await http.audit.settled()
      const page = { filter, limit, signal, ...(cursor === undefined ? {} : { cursor }) }
      try {
        return await auditPage(store.audit, page)
      } catch (error) {
        if (error instanceof ClientGone) return reply.hijack()
        throw error
      }
    },
  )
}
