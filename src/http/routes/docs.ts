import { GatewayError } from '../../domain/errors.ts'
import type { App, HttpParts } from '../app.ts'
import { guidePage } from '../docs-page/guide-page.ts'
import { contentSecurityPolicy, type DocsPage, docsPage } from '../docs-page.ts'
import { type Guide, guideMarkup, readGuides } from '../guides.ts'
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
  let guides: readonly Guide[] | undefined
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
      guides ??= readGuides()
      page ??= docsPage(document(), http.version, guides)
      html ??= Buffer.from(page.html)
      return reply
        .type('text/html; charset=utf-8')
        .header('Content-Security-Policy', page.contentSecurityPolicy)
        .header('X-Content-Type-Options', 'nosniff')
        .header('Referrer-Policy', 'no-referrer')
        .send(html)
    },
  )
  const pages = new Map<string, Buffer>()
  app.get<{ Params: { readonly name: string } }>(
    '/docs/:name',
    {
      config: {
        scope: 'none',
        isUndocumented: true,
      },
    },
    async (request, reply) => {
      guides ??= readGuides()
      const { name } = request.params
      const guide = guides.find((each) => each.name === name)
      if (!guide) throw new GatewayError('not_found', 'There is no such page. The list is at /docs.')
      let bytes = pages.get(name)
      if (!bytes) {
        bytes = Buffer.from(guidePage(guide, await guideMarkup(guide), guides, http.version))
        pages.set(name, bytes)
      }
      return reply
        .type('text/html; charset=utf-8')
        .header('Content-Security-Policy', contentSecurityPolicy)
        .header('X-Content-Type-Options', 'nosniff')
        .header('Referrer-Policy', 'no-referrer')
        .send(bytes)
    },
  )
}
