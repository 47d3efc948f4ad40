import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { type HttpParts, pathOf } from './app.ts'
import { loggedPath } from './unknown-route.ts'

const clientClosed = 499

/** Logs a request: one canonical line, without its query, its body, any header, or a path that is none of ours. */
export function logRequest(
  http: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  routes: readonly RouteOptions[],
): void {
  const { arrivedAt, token, error, model, attempts, ip } = request.gateway
  http.parts.log(reply.statusCode >= 500 ? 'warn' : 'info', 'api request', {
    requestId: request.id,
    method: request.method,
    path: request.routeOptions?.url ?? loggedPath(routes, pathOf(request)),
    status: statusOf(reply),
    durationMs: Math.round((http.parts.clock.monotonic() - arrivedAt) * 10) / 10,
    ip,
    token: token?.name,
    model,
    attempts,
    error,
  })
}

/** Returns what a response came to: its status, or 499 where the caller went away before its end. */
export function statusOf(reply: FastifyReply): number {
  return reply.raw.writableFinished ? reply.statusCode : clientClosed
}
