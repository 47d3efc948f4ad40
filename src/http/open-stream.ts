import type { FastifyReply } from 'fastify'
import type { Context } from '../domain/context.ts'
import { SseWriter } from './sse.ts'

const quietMs = 10_000

/** How long a reader may take nothing, in milliseconds, before it counts as gone. */
export const stallMs = 60_000

/** Rejects with what the turn fails with, resolves when it has a token or has been quiet for so long that proxies would cut the line. */
export function settledOrQuiet(first: Promise<unknown>, ctx: Context): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const quiet = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      ctx.parts.log('debug', 'stream opened before its first token', { requestId: ctx.requestId })
      resolve()
    }, quietMs)
  })
  return Promise.race([first, quiet]).finally(() => clearTimeout(timer))
}

/** Sends the head of a stream, with the headers that hooks have set, and returns its writer. */
export function openStream(reply: FastifyReply): SseWriter {
  reply.header('Content-Type', 'text/event-stream; charset=utf-8')
  reply.header('Cache-Control', 'no-cache, no-transform')
  reply.header('X-Accel-Buffering', 'no')
  reply.hijack()
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value)
  }
  reply.raw.writeHead(200)
  return new SseWriter(reply.raw)
}
