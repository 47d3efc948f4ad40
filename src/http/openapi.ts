import type { RouteOptions } from 'fastify'
import { statusOfCode } from '../domain/errors.ts'
import { openApiWebhooks } from './openapi-webhooks.ts'
import { ErrorSchema } from './schemas/common.ts'

/** The replies of a route that answers 200 with JSON. */
export function jsonReply(
  description: string,
  schema: object,
): Record<number, { readonly description: string; readonly contentType: string; readonly schema: object }> {
  return { 200: { description, contentType: 'application/json', schema } }
}

/** Makes the OpenAPI 3.1 document of the routes, from the schemas that validate. */
export function openApiDocument(routes: readonly RouteOptions[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    if (typeof route.method !== 'string' || route.method === 'HEAD' || route.config?.isUndocumented) continue
    const path = route.url.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'OpenClaw Gateway',
      version,
      description:
        'AI models and chat channels behind one REST API. Unknown fields are refused, null counts as absent, times are ISO 8601 in UTC.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    webhooks: openApiWebhooks(),
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token made by `openclaw token create`.' },
      },
      schemas: { Error: { ...ErrorSchema, description: errorDescription() } },
    },
  }
}

function operation(route: RouteOptions): Record<string, unknown> {
  const { config, schema } = route
  const scope = config?.scope ?? 'none'
  const replies = Object.entries(config?.responses ?? {}).map(
    ([status, { description, contentType, schema: body }]) => [
      status,
      { description, content: { [contentType]: { schema: body } } },
    ],
  )
  return {
    operationId: operationId(route),
    summary: config?.summary,
    ...(scope === 'none' ? { security: [] } : { description: `Needs scope \`${scope}\`.` }),
    parameters: [
      ...parameters(schema?.params, 'path'),
      ...parameters(schema?.querystring, 'query'),
      ...parameters(config?.headers, 'header'),
    ],
    ...(schema?.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: schema.body } } } }),
    responses: {
      ...Object.fromEntries(replies),
      default: {
        description: 'Anything else.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}

function operationId(route: RouteOptions): string {
  const words = route.url
    .replace('/api/v1', '')
    .split(/[/:.]+/)
    .filter((word) => word !== '')
  const method = String(route.method).toLowerCase()
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function parameters(schema: unknown, place: 'path' | 'query' | 'header'): object[] {
  if (!isObjectSchema(schema)) return []
  return Object.entries(schema.properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || (schema.required ?? []).includes(name),
    schema: property,
  }))
}

function isObjectSchema(
  schema: unknown,
): schema is { readonly properties: Record<string, unknown>; readonly required?: readonly string[] } {
  return typeof schema === 'object' && schema !== null && 'properties' in schema
}

function errorDescription(): string {
  const rows = Object.entries(statusOfCode).map(([code, status]) => `${status} ${code}`)
  return `Why the request was not served. Codes: ${rows.join(', ')}.`
}
