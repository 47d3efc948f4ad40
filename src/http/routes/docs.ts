import type { App, HttpParts } from '../app.ts'
import { type DocsPage, docsPage } from '../docs-page.ts'
import { jsonReply } from '../openapi.ts'

/** `GET /api/v1/openapi.json` and `GET /docs`, both open to everybody. */
export function docsRoutes(app: App, http: HttpParts, document: () => Record<string, unknown>): void {
  app.get(
    '/api/v1/openapi.json',
    {
      config: {
        scope: 'none',
        summary: 'This API as an OpenAPI 3.1 document.',
        responses: jsonReply('The document.', { type: 'object' }),
      },
    },
    () => document(),
  )
  let page: DocsPage | undefined
  app.get(
    '/docs',
    {
      config: {
        scope: 'none',
        summary: 'The API reference as a page.',
        responses: {
          200: { description: 'The page.', contentType: 'text/html', schema: { type: 'string' } },
        },
      },
    },
    (_request, reply) => {
      page ??= docsPage(document(), http.version)
      return reply
        .type('text/html; charset=utf-8')
        .header('Content-Security-Policy', page.contentSecurityPolicy)
        .header('X-Content-Type-Options', 'nosniff')
        .header('Referrer-Policy', 'no-referrer')
        .send(page.html)
    },
  )
}
