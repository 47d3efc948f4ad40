import type { App, HttpParts } from '../app.ts'
import { type DocsPage, docsPage } from '../docs-page.ts'
import { jsonReply } from '../openapi.ts'

/** `GET /api/v1/openapi.json` and `GET /docs`, both open to everybody. */
export function docsRoutes(app: App, http: HttpParts, document: () => Record<string, unknown>): void {
  // Bytes made once: whoever asks a thousand times and reads nothing makes no copies.
  let json: Buffer | undefined
  app.get(
    '/api/v1/openapi.json',
    {
      config: {
        scope: 'none',
        summary: 'This API as an OpenAPI 3.1 document.',
        responses: jsonReply('The document.', { type: 'object' }),
      },
    },
    (_request, reply) => {
      json ??= Buffer.from(JSON.stringify(document()))
      return reply.type('application/json; charset=utf-8').send(json)
    },
  )
  let page: DocsPage | undefined
  let html: Buffer | undefined
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
      html ??= Buffer.from(page.html)
      return reply
        .type('text/html; charset=utf-8')
        .header('Content-Security-Policy', page.contentSecurityPolicy)
        .header('X-Content-Type-Options', 'nosniff')
        .header('Referrer-Policy', 'no-referrer')
        .send(html)
    },
  )
}
