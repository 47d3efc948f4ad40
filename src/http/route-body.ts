import type { FastifyRequest, RouteOptions } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import { exampleOf } from './docs-page/example.ts'
import { strict } from './schemas/common.ts'

/** Returns a body that this route takes, as JSON. */
export function bodyExample({ routeOptions: { config, schema } }: FastifyRequest): string {
  return JSON.stringify(config.bodyExample ?? exampleOf({}, schema?.body) ?? {})
}

/** Tells whether a route reads a body. What is made after the documents of somebody else does. */
export function takesBody({ config, schema }: Pick<RouteOptions, 'config' | 'schema'>): boolean {
  return schema?.body !== undefined || config?.isUndocumented === true
}

/**
 * Makes a route refuse what it would pass over: that there is no body, and, on a route of the API, a body or a query that it does not
 * read. To be called before Fastify has taken the route.
 */
export function refuseUnread(route: RouteOptions): void {
  const isOwn = route.url.startsWith('/api/') && route.config?.scope !== 'none'
  if (isOwn && route.schema?.querystring === undefined)
    route.schema = { ...route.schema, querystring: strict({}) }
  if (route.method === 'GET' || route.method === 'HEAD') return
  if (route.schema?.body !== undefined || route.config?.bodyExample !== undefined)
    route.preValidation = (request, _reply, done) =>
      done(isAbsent(request.body) ? missing(request) : undefined)
  else if (isOwn)
    route.preValidation = (request, _reply, done) => done(isEmpty(request.body) ? undefined : unread())
}

function isAbsent(body: unknown): boolean {
  return body === undefined || body === null
}

// Some clients send `{}` where they have nothing to say.
function isEmpty(body: unknown): boolean {
  return isAbsent(body) || (typeof body === 'object' && body !== null && Object.keys(body).length === 0)
}

function missing(request: FastifyRequest): GatewayError {
  return new GatewayError(
    'invalid_request',
    `The body is empty. Send a JSON object, for example ${bodyExample(request)}.`,
  )
}

function unread(): GatewayError {
  return new GatewayError('invalid_request', 'Nothing is read from a body at this path. Leave it out.')
}
