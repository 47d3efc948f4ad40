import type { Guide } from '../guides.ts'
import { html, Markup } from './markup.ts'
import { styleSheet } from './style-sheet.ts'

/** Makes the page of a guide, with the list of all of them beside it. */
export function guidePage(guide: Guide, content: Markup, guides: readonly Guide[], version: string): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${guide.title} - OpenClaw Gateway</title>
<style>${new Markup(styleSheet)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header><p>OpenClaw Gateway, version ${version}</p></header>
<div class="columns">
<nav aria-label="Contents">
${guideList(guides, guide)}
</nav>
<main id="content" tabindex="-1">
${content}
</main>
</div>
</body>
</html>
`.text
}

/** Makes the list of guides, beginning with the API reference. */
export function guideList(guides: readonly Guide[], current?: Guide): Markup {
  return html`<ul>
<li><a href="/docs">API reference</a></li>${guides.map(
    (guide) => html`
<li><a href="/docs/${guide.name}"${guide === current ? html` aria-current="page"` : ''}>${guide.title}</a></li>`,
  )}
</ul>`
}
