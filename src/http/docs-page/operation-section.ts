import { curlCommand } from './curl.ts'
import { exampleOf } from './example.ts'
import { type Field, fieldsOf, variantsOf } from './fields.ts'
import { asText, isObject, type JsonObject, resolved } from './json.ts'
import { html, type Markup, nothing, prose } from './markup.ts'
import type { Operation, Parameter, Reply } from './operations.ts'
import { boundsOf, typeWords } from './schema-words.ts'
import { fieldTable, inReply, inRequest } from './tables.ts'
import { tryForm } from './try-form.ts'

const errorReference = '#/components/schemas/Error'

/** Makes the section of one operation: what it is for, how to call it, what goes in, what comes out. */
export function operationSection(document: JsonObject, operation: Operation): Markup {
  const { anchor, method, path, summary } = operation
  const name = method === '' ? path : `${method} ${path}`
  return html`<section class="operation">
<h3 id="${anchor}"><a href="#${anchor}">${methodBadge(method)}<code>${path}</code></a></h3>
<p class="summary">${prose(summary)}</p>
${access(operation)}
${method === '' ? nothing : html`<h4>Example</h4>\n${codeBlock(curlCommand(document, operation))}\n${tryForm(document, operation)}`}
${parameters(document, operation, name)}
${body(document, operation, name)}
${operation.replies.map((one) => reply(document, one, name))}
</section>
`
}

/** The method of an operation as a small label; nothing for a webhook. */
export function methodBadge(method: string): Markup {
  if (method === '') return nothing
  return html`<span class="method ${method.toLowerCase()}">${method}</span> `
}

/** Makes a block of code that wraps rather than scrolls. */
export function codeBlock(code: string): Markup {
  return html`<pre><code>${code}</code></pre>`
}

function access({ method, needsToken, description }: Operation): Markup {
  const words = description === '' ? nothing : prose(description)
  const open = method === '' || needsToken ? nothing : html` Needs no token.`
  return words === nothing && open === nothing ? nothing : html`<p class="quiet">${words}${open}</p>`
}

function parameters(document: JsonObject, operation: Operation, name: string): Markup {
  const tables = parameterPlaces.map(({ place, title }) => {
    const fields = operation.parameters
      .filter((parameter) => parameter.place === place)
      .map((parameter) => fieldOf(document, parameter))
    if (fields.length === 0) return nothing
    return html`<h4>${title}</h4>\n${fieldTable(`${title} of ${name}`, fields, inRequest)}`
  })
  return html`${tables}`
}

const parameterPlaces = [
  { place: 'path', title: 'Path parameters' },
  { place: 'query', title: 'Query parameters' },
  { place: 'header', title: 'Headers' },
]

function fieldOf(document: JsonObject, { name, required, description, schema }: Parameter): Field {
  const type = typeWords(document, schema)
  return { path: '', name, type, required, bounds: boundsOf(document, schema), description }
}

function body(document: JsonObject, { body, method }: Operation, name: string): Markup {
  if (body === undefined) return nothing
  const fields = fieldsOf(document, body.schema)
  const sample = JSON.stringify(exampleOf(document, body.schema, '…'), null, 2)
  return html`<h4>Body <small>${body.contentType}</small></h4>
${schemaDescription(document, body.schema)}
${method === '' ? codeBlock(sample) : nothing}
${fields.length === 0 ? nothing : fieldTable(`Body of ${name}`, fields, method === '' ? inReply : inRequest)}`
}

function reply(
  document: JsonObject,
  { status, description, contentType, schema }: Reply,
  name: string,
): Markup {
  if (isObject(schema) && schema.$ref === errorReference) {
    return html`<p class="quiet">${statusWords(status)}: the body is <a href="#errors">an error</a>.</p>\n`
  }
  return html`<h4>${statusWords(status)} <small>${contentType}</small></h4>
<p>${prose(description)}</p>
${contentType === 'text/event-stream' ? frames(document, schema, name) : replyFields(document, schema, name)}`
}

function statusWords(status: string): string {
  return status === 'default' ? 'Any other status' : `Reply ${status}`
}

function replyFields(document: JsonObject, schema: unknown, name: string): Markup {
  const fields = fieldsOf(document, schema)
  if (fields.length === 0) return schemaDescription(document, schema)
  return html`${schemaDescription(document, schema)}${fieldTable(`Reply of ${name}`, fields, inReply)}`
}

function frames(document: JsonObject, schema: unknown, name: string): Markup {
  const variants = variantsOf(document, schema).map(({ label, schema: frame }) => {
    const sample = JSON.stringify(exampleOf(document, frame, '…'))
    return html`<h5>Frame <code>${label}</code></h5>
${codeBlock(`data: ${sample}`)}
${fieldTable(`Frame ${label} of ${name}`, fieldsOf(document, frame), inReply)}`
  })
  return html`${schemaDescription(document, schema)}${variants}`
}

function schemaDescription(document: JsonObject, schema: unknown): Markup {
  const description = asText(resolved(document, schema).description)
  return description === '' ? nothing : html`<p>${prose(description)}</p>\n`
}
