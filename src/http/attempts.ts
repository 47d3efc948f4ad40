import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../domain/context.ts'

/** Counts a turn's attempts in `X-OpenClaw-Attempts`, on errors too, as long as the head has not gone out; keeps who is asked for the log. */
export function countAttempts(
  request: FastifyRequest,
  reply: FastifyReply,
): NonNullable<Context['onAttempt']> {
  return ({ count, model }) => {
    request.gateway.model = model
    if (count > 1) request.gateway.attempts = count
    if (!reply.raw.headersSent) reply.header('X-OpenClaw-Attempts', String(count))
  }
}
