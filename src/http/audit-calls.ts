import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AuditedCall, type CallFacts } from '../domain/audit/audited-call.ts'
import type { AuditActor } from '../domain/audit/record.ts'
import { statusOfCode } from '../domain/errors.ts'
import { plainAddress, subscriberOf, unknownAddress } from './address.ts'
import type { HttpParts } from './app.ts'
import type { ClientErrorAnswer } from './client-error.ts'
import { statusOf } from './request-log.ts'

const stranger: AuditActor = { type: 'stranger', id: null, name: null }
const unknownRoute = 'unknown'

/** Begins the audit of a request. */
export function auditedCall({ audit, parts }: HttpParts, request: FastifyRequest): AuditedCall {
  return new AuditedCall(audit, parts.clock.now, () => factsOf(request))
}

/** Ends the audit of a request: its response is over, or its connection is gone. The open health check leaves no record. */
export function closeCall(request: FastifyRequest, reply: FastifyReply): void {
  if (request.routeOptions?.url === '/health') return
  const { call, error = null } = request.gateway
  call.close({ status: statusOf(reply), error })
}

/** Records what Node's HTTP parser has refused: no hook ever sees it. */
export function auditClientError(
  { audit, parts }: HttpParts,
  socket: Socket,
  { code, requestId }: ClientErrorAnswer,
): void {
  const ip = plainAddress(socket.remoteAddress ?? unknownAddress)
  const facts = {
    actor: stranger,
    method: null,
    route: unknownRoute,
    ip,
    requestId,
    subscriber: subscriberOf(ip),
  }
  new AuditedCall(audit, parts.clock.now, () => facts).close({ status: statusOfCode[code], error: code })
}

// The route's pattern and not the path: a path can hold anything.
function factsOf(request: FastifyRequest): CallFacts {
  const { token, ip } = request.gateway
  return {
    actor: token ? { type: 'token', id: token.id, name: token.name } : stranger,
    method: request.method,
    route: request.is404 ? unknownRoute : (request.routeOptions?.url ?? unknownRoute),
    ip,
    requestId: request.id,
    subscriber: token ? ip : subscriberOf(ip),
  }
}
