import type { Guide } from '../guides.ts'
import { html, type Markup, nothing } from './markup.ts'
import { methodBadge } from './operation-section.ts'
import type { Operation } from './operations.ts'

/** Makes the contents of the page: a link to each section, in the order of the page. */
export function navigation(
  operations: readonly Operation[],
  webhooks: readonly Operation[],
  guides: readonly Guide[],
): Markup {
  return html`<nav aria-label="Contents">
<ul>
<li><a href="#authentication">Authentication</a></li>
<li><a href="#endpoints">Endpoints</a>${links(operations)}</li>
${webhooks.length === 0 ? nothing : html`<li><a href="#webhooks">Webhooks</a>${links(webhooks)}</li>\n`}<li><a href="#errors">Errors</a></li>${guides.map(({ name, title }) => html`\n<li><a href="/docs/${name}">${title}</a></li>`)}
</ul>
</nav>
`
}

function links(operations: readonly Operation[]): Markup {
  return html`
<ul>${operations.map(
    ({ anchor, method, path }) => html`
<li><a href="#${anchor}">${methodBadge(method)}<span class="path">${path}</span></a></li>`,
  )}
</ul>
`
}
