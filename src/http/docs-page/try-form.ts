import { exampleOf } from './example.ts'
import { asList, type JsonObject, resolved } from './json.ts'
import { html, type Markup, nothing } from './markup.ts'
import type { Operation, Parameter } from './operations.ts'

/** Where the reader's own token is put in, once for all forms. It is seen only where the page's script runs. */
export function tokenField(): Markup {
  return html`<div class="token" hidden="">
<label for="try-token">Your token, for the forms of this page</label>
<input id="try-token" type="password" autocomplete="off" spellcheck="false" aria-describedby="try-token-note" />
<p class="quiet" id="try-token-note">It goes to this gateway alone, in the header of the requests that you send here. It is kept nowhere but in this field, and is gone with the page.</p>
</div>
`
}

/** Makes the form that sends an operation to the gateway which serves the page. It is seen only where the page's script runs. */
export function tryForm(document: JsonObject, operation: Operation): Markup {
  const { anchor, method, path, needsToken } = operation
  const name = `${method} ${path}`
  return html`<details class="try" hidden="">
<summary aria-label="Try it: ${name}">Try it</summary>
<form aria-label="Try ${name}" data-method="${method}" data-path="${path}">
${operation.parameters.map((parameter, i) => parameterField(document, parameter, `try-${anchor}-${i}`))}${bodyField(document, operation)}<p><button type="submit">Send</button> <button type="button" hidden="">Stop</button>
${needsToken ? html`<span class="quiet">with <a href="#try-token">your token</a></span>` : nothing}</p>
<p role="status"></p>
<pre role="region" aria-label="Headers of the reply to ${name}" tabindex="0" hidden=""></pre>
<pre role="region" aria-label="Body of the reply to ${name}" tabindex="0" hidden=""></pre>
</form>
</details>
`
}

function parameterField(document: JsonObject, parameter: Parameter, id: string): Markup {
  const { name, place, required, schema } = parameter
  const [example] = asList(resolved(document, schema).examples)
  const value = required && typeof example === 'string' ? example : ''
  return html`<label for="${id}">${name} <small>${place}${required ? '' : ', optional'}</small></label>
<input id="${id}" type="text" autocomplete="off" spellcheck="false" data-place="${place}" data-name="${name}" value="${value}"${required ? html` required=""` : ''} />
`
}

function bodyField(document: JsonObject, { anchor, body }: Operation): Markup {
  if (body === undefined) return nothing
  const sample = JSON.stringify(exampleOf(document, body.schema), null, 2)
  const id = `try-${anchor}-body`
  return html`<label for="${id}">Body <small>${body.contentType}</small></label>
<textarea id="${id}" rows="${Math.min(12, sample.split('\n').length + 1)}" spellcheck="false" data-type="${body.contentType}">${sample}</textarea>
`
}
