import type { FastifyReply, FastifyRequest } from 'fastify'
import { type HttpParts, pathOf } from './app.ts'

const clientClosed = 499

/** Logs a request: one canonical line, without its query, its body or any header. */
export function logRequest(http: HttpParts, request: FastifyRequest, reply: FastifyReply): void {
  const { arrivedAt, token, error, model, ip } = request.gateway
  const isFinished = reply.raw.writableFinished
  http.parts.log(reply.statusCode >= 500 ? 'warn' : 'info', 'api request', {
    requestId: request.id,
    method: request.method,
    path: request.routeOptions?.url ?? pathOf(request).slice(0, 100),
    status: isFinished ? reply.statusCode : clientClosed,
    durationMs: Math.round((http.parts.clock.monotonic() - arrivedAt) * 10) / 10,
    ip,
    token: token?.name,
    model,
    error,
  })
}
