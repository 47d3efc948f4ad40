import { asList, asObject, asText, isObject, type JsonObject, resolved } from './json.ts'

/** One operation of the document, as the page shows it. */
export interface Operation {
  /** The fragment that it is linked by, unique in the page. */
  readonly anchor: string
  /** Upper case; empty for a webhook. */
  readonly method: string
  /** The path, or a webhook's name. */
  readonly path: string
  readonly summary: string
  /** Empty where it adds nothing. */
  readonly description: string
  readonly needsToken: boolean
  readonly parameters: readonly Parameter[]
  readonly body: { readonly contentType: string; readonly schema: unknown } | undefined
  readonly replies: readonly Reply[]
}

/** A parameter of a path or a query. */
export interface Parameter {
  readonly name: string
  readonly place: string
  readonly required: boolean
  readonly description: string
  readonly schema: unknown
}

/** What an operation can answer with. */
export interface Reply {
  /** A status, or `default`. */
  readonly status: string
  readonly description: string
  readonly contentType: string
  readonly schema: unknown
}

const methods = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'trace']

/** Returns the document's operations: those of the API that need a token first, then what is open or stands beside it. */
export function operationsOf(document: JsonObject): readonly Operation[] {
  const operations = pathItems(document, 'paths', '')
  const isCore = (operation: Operation): boolean => operation.needsToken && operation.path.startsWith('/api/')
  return [...operations.filter(isCore), ...operations.filter((operation) => !isCore(operation))]
}

/** Returns the document's webhooks: what the gateway sends by itself. */
export function webhooksOf(document: JsonObject): readonly Operation[] {
  return pathItems(document, 'webhooks', 'webhook-').map((operation) => ({ ...operation, method: '' }))
}

function pathItems(document: JsonObject, section: string, prefix: string): readonly Operation[] {
  return Object.entries(asObject(document[section])).flatMap(([path, item]) => {
    const operations = resolved(document, item)
    return methods
      .filter((method) => isObject(operations[method]))
      .map((method) => read(document, { prefix, path, method, value: asObject(operations[method]) }))
  })
}

interface Source {
  readonly prefix: string
  readonly path: string
  readonly method: string
  readonly value: JsonObject
}

function read(document: JsonObject, { prefix, path, method, value }: Source): Operation {
  const security = value.security ?? document.security
  const name = prefix === '' ? asText(value.operationId) || `${method}${path}` : path
  return {
    anchor: prefix + name.replace(/[^A-Za-z0-9._-]+/g, '-'),
    method: method.toUpperCase(),
    path,
    summary: asText(value.summary),
    description: asText(value.description),
    needsToken: asList(security).length > 0,
    parameters: asList(value.parameters).map((parameter) => readParameter(document, parameter)),
    body: firstContent(resolved(document, value.requestBody)),
    replies: Object.entries(asObject(value.responses)).map(([status, response]) => {
      const { description, ...rest } = resolved(document, response)
      const content = firstContent(rest)
      return { status, description: asText(description), contentType: '', schema: undefined, ...content }
    }),
  }
}

function readParameter(document: JsonObject, value: unknown): Parameter {
  const { name, in: place, required, description, schema } = resolved(document, value)
  return {
    name: asText(name),
    place: asText(place),
    required: required === true,
    description: asText(description) || asText(resolved(document, schema).description),
    schema,
  }
}

// The gateway speaks one content type each way.
function firstContent(
  holder: JsonObject,
): { readonly contentType: string; readonly schema: unknown } | undefined {
  const first = Object.entries(asObject(holder.content))[0]
  return first && { contentType: first[0], schema: asObject(first[1]).schema }
}
