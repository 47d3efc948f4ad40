import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ReplyEvent, type ReplyInput, reply as runTurn } from '../../domain/chat/reply.ts'
import type { Context } from '../../domain/context.ts'
import { GatewayError } from '../../domain/errors.ts'
import type { Attachment } from '../../domain/images/image.ts'
import type { App, HttpParts } from '../app.ts'
import { countAttempts } from '../attempts.ts'
import { anonymous } from '../auth.ts'
import { abortOnClose, ClientGone, contextOf } from '../context.ts'
import { errorBody, toGatewayError } from '../errors.ts'
import { answerOnce, type OnceCall } from '../idempotency.ts'
import { openStream, settledOrQuiet, stallMs } from '../open-stream.ts'
import { ChatBody, ChatReply, StreamFrame } from '../schemas/chat.ts'
import { IdempotencyHeader } from '../schemas/common.ts'
import type { SseWriter } from '../sse.ts'
import type { StreamSlots } from '../stream-slots.ts'

type Done = Extract<ReplyEvent, { type: 'done' }>

/** `POST /chat` and `POST /chat/stream`. */
export function chatRoutes(app: App, http: HttpParts, slots: StreamSlots): void {
  app.post<{ Body: ChatBody }>(
    '/chat',
    {
      config: {
        scope: 'chat',
        headers: IdempotencyHeader,
        summary: 'Send a message and get the reply.',
        responses: { 200: { description: 'The reply.', contentType: 'application/json', schema: ChatReply } },
      },
      schema: { body: ChatBody },
      attachValidation: true,
    },
    (request, reply) => answerOnce(http, request, reply, (call) => plain(http, request, reply, call)),
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
  request: FastifyRequest<{ Body: ChatBody }>,
  reply: FastifyReply,
  call: OnceCall | undefined,
): Promise<ChatReply | FastifyReply> {
  const said = { conversationId: '', content: '' }
  const asked = contextOf(http, request, abortOnClose(reply).signal, countAttempts(request, reply))
  const ctx: Context = call
    ? { ...asked, keepAnswer: (done: Done) => call.answered(chatReply(said, done)) }
    : asked
  try {
    for await (const event of runTurn(ctx, inputOf(request.body, false))) {
      switch (event.type) {
        case 'start':
          said.conversationId = event.conversationId
          noteModel(http, request, reply, event)
          break
        case 'delta':
          said.content += event.content
          break
        case 'done':
          return chatReply(said, event)
      }
    }
  } catch (error) {
    if (error instanceof ClientGone) return reply.hijack()
    throw error
  }
  throw new GatewayError('internal_error', 'The turn ended without a result.')
}

function chatReply(said: Pick<ChatReply, 'conversationId' | 'content'>, done: Done): ChatReply {
  return {
    id: done.id,
    conversationId: said.conversationId,
    role: 'assistant',
    content: said.content,
    model: done.model,
    usage: done.usage,
    latency: done.latency,
    finishReason: done.finishReason,
    ...(done.warnings.length > 0 ? { warnings: [...done.warnings] } : {}),
    ...(done.data === undefined ? {} : { data: done.data }),
  }
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
  const ctx = contextOf(http, request, controller.signal, countAttempts(request, reply))
  const events = runTurn(ctx, inputOf(body, true))
  let sse: SseWriter | undefined
  try {
    const started = await events.next()
    if (started.done || started.value.type !== 'start')
      throw new GatewayError('internal_error', 'The turn did not start.')
    noteModel(http, request, reply, started.value)
    const { conversationId, messageId } = started.value
    // What fails until here, and until the first token, is a normal HTTP error.
    const first = events.next()
    await settledOrQuiet(first, ctx)
    sse = openStream(reply)
    // Who answers, or is being asked now: another model may have taken over.
    const model = request.gateway.model ?? started.value.model
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
        ...(event.data === undefined ? {} : { data: event.data }),
      }
  }
}

function inputOf(body: ChatBody, stream: boolean): ReplyInput {
  const { attachments, ...rest } = body
  // Lone surrogates have no UTF-8: neither the store nor a provider could take them.
  return {
    ...rest,
    message: body.message.toWellFormed(),
    ...(attachments === undefined ? {} : { attachments: attachments.map(attachmentOf) }),
    ...(body.systemPrompt === undefined ? {} : { systemPrompt: body.systemPrompt.toWellFormed() }),
    stream,
  }
}

function attachmentOf(
  { type, mimeType, data, url }: NonNullable<ChatBody['attachments']>[number],
  index: number,
): Attachment {
  if (data !== undefined && url === undefined && mimeType !== undefined) return { type, mimeType, data }
  if (url !== undefined && data === undefined)
    return { type, url, ...(mimeType === undefined ? {} : { mimeType }) }
  const field = `attachments.${index}`
  const what =
    data === undefined || url !== undefined ? 'must have either data or url' : 'must have a mimeType'
  throw new GatewayError('invalid_request', `${field} ${what}.`, { details: { field } })
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
