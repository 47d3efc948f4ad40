import { createHash } from 'node:crypto'
import { scopes } from '../domain/tokens/token.ts'
import { errorsSection } from './docs-page/errors-section.ts'
import { asObject, asText, type JsonObject } from './docs-page/json.ts'
import { html, joined, Markup, nothing, prose } from './docs-page/markup.ts'
import { navigation } from './docs-page/navigation.ts'
import { codeBlock, operationSection } from './docs-page/operation-section.ts'
import { type Operation, operationsOf, webhooksOf } from './docs-page/operations.ts'
import { styleSheet } from './docs-page/style-sheet.ts'
import { tokenField } from './docs-page/try-form.ts'
import { tryScript } from './docs-page/try-script.ts'
import type { Guide } from './guides.ts'

/** A page and the policy that it is served under. */
export interface DocsPage {
  readonly html: string
  readonly contentSecurityPolicy: string
}

/** Makes the API reference page of an OpenAPI document: one file, one script of its own, nothing from elsewhere. */
export function docsPage(
  document: Record<string, unknown>,
  version: string,
  guides: readonly Guide[] = [],
): DocsPage {
  const operations = operationsOf(document)
  const webhooks = webhooksOf(document)
  const title = asText(asObject(document.info).title)
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} API reference</title>
<link rel="icon" href="${icon}">
<style>${new Markup(styleSheet)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
${banner(document, title, version)}
<div class="columns">
${navigation(operations, webhooks, guides)}
<main id="content" tabindex="-1">
${authentication()}
${operationSections(document, 'Endpoints', operations)}
${operationSections(document, 'Webhooks', webhooks)}
${errorsSection(document)}
</main>
</div>
<script>${new Markup(tryScript)}</script>
</body>
</html>
`
  return { html: page.text, contentSecurityPolicy: `${contentSecurityPolicy}; ${scriptPolicy}` }
}

// A picture of its own keeps browsers from asking for /favicon.ico.
const icon =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><rect width='16' height='16' rx='3' fill='%230b57b0'/><path d='M4 5l3 3-3 3M8.5 11H12' fill='none' stroke='%23fff' stroke-width='1.6'/></svg>"

/** What all pages of the documentation may do: show their own style, and nothing else. */
export const contentSecurityPolicy: string = [
  "default-src 'none'",
  `style-src '${hashOf(styleSheet)}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

// What the forms need: the script as it is written here, and requests to the gateway that served the page.
const scriptPolicy = `script-src '${hashOf(tryScript)}'; connect-src 'self'`

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

function banner(document: JsonObject, title: string, version: string): Markup {
  const hasDocument = '/api/v1/openapi.json' in asObject(document.paths)
  return html`<header>
<h1>${title} <small>API reference, version ${version}</small></h1>
<p>${prose(asText(asObject(document.info).description))}</p>
${hasDocument ? html`<p>For programs: <a href="/api/v1/openapi.json">the same as an OpenAPI 3.1 document</a>.</p>` : nothing}
</header>`
}

function authentication(): Markup {
  const names = scopes.map((scope) => html`<code>${scope}</code>`)
  return html`<section aria-labelledby="authentication">
<h2 id="authentication"><a href="#authentication">Authentication</a></h2>
<p>Make a token with <code>openclaw token create</code> and send it with each request as <code>Authorization: Bearer …</code>.
The examples on this page take it from the environment and call a gateway on this machine:</p>
${codeBlock('export OPENCLAW_TOKEN=oc_tok_…')}
<p>A token has one or more of the scopes ${joined(names, ', ')}; <code>admin</code> implies the others. Each endpoint names the scope that it
needs.</p>
${tokenField()}</section>
`
}

function operationSections(document: JsonObject, title: string, operations: readonly Operation[]): Markup {
  if (operations.length === 0) return nothing
  const anchor = title.toLowerCase()
  return html`<section aria-labelledby="${anchor}">
<h2 id="${anchor}"><a href="#${anchor}">${title}</a></h2>
${operations.map((operation) => operationSection(document, operation))}</section>
`
}
