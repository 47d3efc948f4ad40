import type { RouteOptions } from 'fastify'
import { closestName } from '../domain/closest-name.ts'
import { GatewayError } from '../domain/errors.ts'

const partsMax = 8

/** Returns the methods that a path takes, for `Allow` (RFC 9110); none where there is no such path. */
export function allowOf(routes: readonly RouteOptions[], path: string): string[] {
  const methods = routes.filter((route) => matches(route.url, path)).flatMap((route) => route.method)
  return [...new Set(methods)].sort()
}

/** Returns a path that leads nowhere as it may be logged: what no route has in its path, which may be a secret, is a `*`. */
export function loggedPath(routes: readonly RouteOptions[], path: string): string {
  const known = new Set(routes.flatMap((route) => route.url.split('/')))
  const parts = path
    .split('/', partsMax)
    .map((part) => (known.has(part) && !part.startsWith(':') ? part : '*'))
  return parts.join('/')
}

/** Returns the error for a path that leads nowhere. It does not repeat the path, but names the route that was meant. */
export function unknownPath(routes: readonly RouteOptions[], path: string): GatewayError {
  const meant = closestName(
    path,
    routes.map((route) => route.url).filter((url) => !/[:*]/.test(url)),
  )
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`
  return new GatewayError('not_found', `There is nothing at this path.${hint} The API reference is at /docs.`)
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  // A `*` at the end stands for the rest of the path, slashes too.
  const isOpen = wanted.at(-1) === '*'
  return (
    (isOpen ? wanted.length <= given.length : wanted.length === given.length) &&
    wanted.every((part, i) => (part === '*' || part.startsWith(':') ? given[i] !== '' : part === given[i]))
  )
}
