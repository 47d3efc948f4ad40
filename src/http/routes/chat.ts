import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ReplyEvent, type ReplyInput, reply as runTurn } from '../../domain/chat/reply.ts'
import type { Context } from '../../domain/context.ts'
import { GatewayError } from '../../domain/errors.ts'
import type { App, HttpParts } from '../app.ts'
import { anonymous } from '../auth.ts'
import { abortOnClose, ClientGone, contextOf } from '../context.ts'
import { errorBody, toGatewayError } from '../errors.ts'
import { ChatBody, ChatReply, StreamFrame } from '../schemas/chat.ts'
import { SseWriter } from '../sse.ts'
import { StreamSlots } from '../stream-slots.ts'

const quietMs = 10_000
const stallMs = 60_000

/** `POST /chat` and `POST /chat/stream`. */
export function chatRoutes(app: App, http: HttpParts): void {
  const slots = new StreamSlots()
  app.post<{ Body: ChatBody }>(
    '/chat',
    {
      config: {
        scope: 'chat',
        summary: 'Send a message and get the reply.',
        responses: { 200: { description: 'The reply.', contentType: 'application/json', schema: ChatReply } },
      },
      schema: { body: ChatBody },
    },
    (request, reply) => plain(http, request, reply, request.body),
  )
  app.post<{ Body: ChatBody }>(
    '/chat/stream',
    {
      config: {
        scope: 'chat',
        summary: 'Send a message and get the reply as server-sent events.',
        responses: {
          200: {
            description: 'Frames of the form `id: 1`, `data: {…}`: start, delta…, then done or error.',
            contentType: 'text/event-stream',
            schema: StreamFrame,
          },
        },
      },
      schema: { body: ChatBody },
    },
    (request, reply) => stream(http, slots, request, reply, request.body),
  )
}

async function plain(
  http: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  body: ChatBody,
): Promise<ChatReply | FastifyReply> {
  const ctx = contextOf(http, request, abortOnClose(reply).signal)
  let conversationId = ''
  let content = ''
  try {
    for await (const event of runTurn(ctx, inputOf(body, false))) {
      switch (event.type) {
        case 'start':
          conversationId = event.conversationId
          noteModel(http, request, reply, event)
          break
        case 'delta':
          content += event.content
          break
        case 'done':
          return {
            id: event.id,
            conversationId,
            role: 'assistant',
            content,
            model: event.model,
            usage: event.usage,
            latency: event.latency,
            finishReason: event.finishReason,
            ...(event.warnings.length > 0 ? { warnings: [...event.warnings] } : {}),
          }
      }
    }
  } catch (error) {
    if (error instanceof ClientGone) return reply.hijack()
    throw error
  }
  throw new GatewayError('internal_error', 'The turn ended without a result.')
}

async function stream(
  http: HttpParts,
  slots: StreamSlots,
  request: FastifyRequest,
  reply: FastifyReply,
  body: ChatBody,
): Promise<FastifyReply> {
  using _slot = slots.take((request.gateway.token ?? anonymous).id, http.settings().concurrentStreams)
  const controller = abortOnClose(reply)
  const ctx = contextOf(http, request, controller.signal)
  const events = runTurn(ctx, inputOf(body, true))
  let sse: SseWriter | undefined
  try {
    const started = await events.next()
    if (started.done || started.value.type !== 'start')
      throw new GatewayError('internal_error', 'The turn did not start.')
    noteModel(http, request, reply, started.value)
    const { conversationId, messageId, model } = started.value
    // What fails until here, and until the first token, is a normal HTTP error.
    const first = events.next()
    await settledOrQuiet(first, ctx)
    sse = openStream(reply)
    sse.write({ type: 'start', conversationId, messageId, model } satisfies StreamFrame)
    for (let next = await first; !next.done; next = await events.next()) {
      const frame = frameOf(next.value)
      if (frame && !sse.write(frame)) await sse.drained(stallMs, ctx.signal, () => new ClientGone())
    }
  } catch (error) {
    if (error instanceof ClientGone || controller.signal.aborted) {
      controller.abort(error)
      reply.hijack()
      reply.raw.destroy()
    } else if (sse) {
      const failure = toGatewayError(error, request.id, http.parts.log)
      request.gateway.error = failure.code
      const { error: code, ...rest } = errorBody(failure, request.id)
      sse.write({ type: 'error', error: code, ...rest } satisfies StreamFrame)
    } else {
      throw error
    }
  } finally {
    // Also where the reader stopped reading: the turn stores what there is, and releases the provider.
    await events.return()
  }
  sse?.end()
  return reply
}

// Rejects with what the turn fails with, resolves when it has a token or has been quiet for so long that proxies would cut the line.
function settledOrQuiet(first: Promise<unknown>, ctx: Context): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const quiet = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      ctx.parts.log('debug', 'stream opened before its first token', { requestId: ctx.requestId })
      resolve()
    }, quietMs)
  })
  return Promise.race([first, quiet]).finally(() => clearTimeout(timer))
}

function openStream(reply: FastifyReply): SseWriter {
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

function frameOf(event: ReplyEvent): StreamFrame | undefined {
  switch (event.type) {
    case 'start':
      return undefined
    case 'delta':
      return event
    case 'done':
      return {
        type: 'done',
        id: event.id,
        usage: event.usage,
        finishReason: event.finishReason,
        latency: event.latency,
        ...(event.warnings.length > 0 ? { warnings: [...event.warnings] } : {}),
      }
  }
}

function inputOf(body: ChatBody, stream: boolean): ReplyInput {
  // Lone surrogates have no UTF-8: neither the store nor a provider could take them.
  return {
    ...body,
    message: body.message.toWellFormed(),
    ...(body.systemPrompt === undefined ? {} : { systemPrompt: body.systemPrompt.toWellFormed() }),
    stream,
  }
}

function noteModel(
  http: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  start: Extract<ReplyEvent, { type: 'start' }>,
): void {
  request.gateway.model = start.model
  if (start.alias === undefined) return
  reply.header('X-OpenClaw-Model-Alias', encodeURI(start.alias.toWellFormed()))
  http.parts.log('info', 'model alias used', {
    requestId: request.id,
    asked: start.alias.slice(0, 64),
    model: start.model,
  })
}
