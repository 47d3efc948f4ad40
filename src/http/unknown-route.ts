import type { RouteOptions } from 'fastify'

/** Returns the methods that a path takes, for `Allow` (RFC 9110); none where there is no such path. */
export function allowOf(routes: readonly RouteOptions[], path: string): string[] {
  const methods = routes.filter((route) => matches(route.url, path)).flatMap((route) => route.method)
  return [...new Set(methods)].sort()
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const given = path.split('/')
  return (
    wanted.length === given.length &&
    wanted.every((part, i) => (part.startsWith(':') ? given[i] !== '' : part === given[i]))
  )
}
