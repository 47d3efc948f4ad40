import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../domain/context.ts'
import type { HttpParts } from './app.ts'
import { anonymous } from './auth.ts'

const never = new AbortController().signal

/** What the domain is told of a request; `signal` aborts when the caller goes away, `onAttempt` is told of a turn's attempts. */
export function contextOf(
  http: HttpParts,
  request: FastifyRequest,
  signal: AbortSignal = never,
  onAttempt?: Context['onAttempt'],
): Context {
  return {
    parts: http.parts,
    actor: { type: 'token', token: request.gateway.token ?? anonymous },
    requestId: request.id,
    call: request.gateway.call,
    arrivedAt: request.gateway.arrivedAt,
    signal,
    ...(onAttempt === undefined ? {} : { onAttempt }),
  }
}

/** Why a turn was left: its caller has closed the connection. */
export class ClientGone extends Error {
  constructor() {
    super('the client went away')
    this.name = 'ClientGone'
  }
}

/**
 * Returns a controller that aborts with `ClientGone` as soon as the connection closes before the response is finished. The response's
 * `close` tells it; the request's never fires once its body has been read.
 */
export function abortOnClose(reply: FastifyReply): AbortController {
  const controller = new AbortController()
  // It may have closed already, while the tokens were read anew.
  if (reply.raw.destroyed) controller.abort(new ClientGone())
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new ClientGone())
  })
  return controller
}
