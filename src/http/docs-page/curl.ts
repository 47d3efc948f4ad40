import { exampleOf } from './example.ts'
import { asList, type JsonObject, resolved } from './json.ts'
import type { Operation, Parameter } from './operations.ts'

const host = 'http://localhost:18789'

/** Writes a command that calls an operation from a POSIX shell which holds the token in `OPENCLAW_TOKEN`. */
export function curlCommand(document: JsonObject, operation: Operation): string {
  const streams = operation.replies.some((reply) => reply.contentType === 'text/event-stream')
  const method = operation.method === 'GET' ? '' : ` -X ${operation.method}`
  const lines = [`curl -s${streams ? 'N' : ''}${method} ${address(document, operation)}`]
  if (operation.needsToken) lines.push('-H "Authorization: Bearer $OPENCLAW_TOKEN"')
  if (operation.body) {
    const body = JSON.stringify(exampleOf(document, operation.body.schema))
    lines.push(`-H "Content-Type: ${operation.body.contentType}"`, `-d ${shellWord(body)}`)
  }
  return lines.join(' \\\n  ')
}

function address(document: JsonObject, operation: Operation): string {
  const path = operation.path
    .split(/(\{[^}]*\})/)
    .map((part) => {
      const name = part.startsWith('{') ? part.slice(1, -1) : undefined
      return name === undefined ? shellWord(part) : pathValue(document, operation, name)
    })
    .join('')
  const query = operation.parameters
    .filter((parameter) => parameter.place === 'query' && parameter.required)
    .map(({ name, schema }) => `${encodeURIComponent(name)}=${encoded(exampleOf(document, schema))}`)
  return host + path + (query.length === 0 ? '' : shellWord(`?${query.join('&')}`))
}

function pathValue(document: JsonObject, operation: Operation, name: string): string {
  const parameter = operation.parameters.find((one: Parameter) => one.place === 'path' && one.name === name)
  const [example] = asList(resolved(document, parameter?.schema).examples)
  if (example !== undefined) return shellWord(encoded(example))
  // An id that nobody gave an example of is the reader's to fill in.
  return `"$${name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}"`
}

function encoded(value: unknown): string {
  return encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))
}

function shellWord(text: string): string {
  if (/^[\w%+,./:=@-]*$/.test(text)) return text
  return `'${text.replaceAll("'", "'\\''")}'`
}
