import type { FastifyReply, FastifyRequest } from 'fastify'
import { type RelayEvent, type RelayInput, relay } from '../../domain/chat/relay.ts'
import type { FinishReason, Usage } from '../../domain/conversations/conversation.ts'
import { GatewayError, notFound } from '../../domain/errors.ts'
import { listModels } from '../../domain/models/list-models.ts'
import type { App, HttpParts } from '../app.ts'
import { countAttempts } from '../attempts.ts'
import { anonymous } from '../auth.ts'
import { abortOnClose, ClientGone, contextOf } from '../context.ts'
import { anthropicDoor } from '../doors/anthropic-door.ts'
import type { Door, DoorWriter, Said } from '../doors/door.ts'
import { openAiDoor } from '../doors/openai-door.ts'
import { toGatewayError } from '../errors.ts'
import { openStream, settledOrQuiet, stallMs } from '../open-stream.ts'
import type { SseWriter } from '../sse.ts'
import type { StreamSlots } from '../stream-slots.ts'

/** The APIs of OpenAI and Anthropic under `/v1`: clients that are made for them work by another base URL. */
export function doorRoutes(app: App, http: HttpParts, slots: StreamSlots): void {
  door(app, http, slots, '/v1/chat/completions', openAiDoor)
  door(app, http, slots, '/v1/messages', anthropicDoor)
  app.get('/v1/models', { config: { scope: 'read', isUndocumented: true } }, (request) => {
    const data = modelRows(http, request)
    const [first, last] = [data[0]?.id ?? null, data.at(-1)?.id ?? null]
    return { object: 'list', data, has_more: false, first_id: first, last_id: last }
  })
  app.get<{ Params: { readonly '*': string } }>(
    '/v1/models/*',
    { config: { scope: 'read', isUndocumented: true } },
    (request) => {
      const id = request.params['*']
      return modelRows(http, request).find((row) => row.id === id) ?? notFound('model', id)
    },
  )
}

function door<Question extends RelayInput>(
  app: App,
  http: HttpParts,
  slots: StreamSlots,
  path: string,
  shape: Door<Question>,
): void {
  const config = { scope: 'chat', isUndocumented: true, bodyExample: shape.example } as const
  app.post(path, { config }, (request, reply) => {
    const question = shape.question(request.body)
    return question.question.stream
      ? stream(http, slots, request, reply, shape, question)
      : plain(http, request, reply, shape, question)
  })
}

async function plain<Question extends RelayInput>(
  http: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  shape: Door<Question>,
  question: Question,
): Promise<object> {
  const ctx = contextOf(http, request, abortOnClose(reply).signal, countAttempts(request, reply))
  const createdAt = http.parts.clock.now()
  let id = ''
  const said: Said[] = []
  let end: { readonly model: string; readonly finishReason: FinishReason; readonly usage: Usage } | undefined
  try {
    for await (const event of relay(ctx, question)) {
      if (event.type === 'start') {
        id = event.id
        noteModel(request, reply, event)
      } else if (event.type === 'done') end = event
      else if (event.type !== 'tool_call_delta') said.push(event)
    }
  } catch (error) {
    if (error instanceof ClientGone) return reply.hijack()
    throw error
  }
  if (end === undefined) throw new GatewayError('internal_error', 'The turn ended without a result.')
  return shape.answer({ id, said, createdAt, ...end })
}

async function stream<Question extends RelayInput>(
  http: HttpParts,
  slots: StreamSlots,
  request: FastifyRequest,
  reply: FastifyReply,
  shape: Door<Question>,
  question: Question,
): Promise<FastifyReply> {
  using _slot = slots.take((request.gateway.token ?? anonymous).id, http.settings().concurrentStreams)
  const controller = abortOnClose(reply)
  const ctx = contextOf(http, request, controller.signal, countAttempts(request, reply))
  const events = relay(ctx, question)
  let sse: SseWriter | undefined
  let writer: DoorWriter | undefined
  try {
    const started = await events.next()
    if (started.done || started.value.type !== 'start')
      throw new GatewayError('internal_error', 'The turn did not start.')
    const start = started.value
    noteModel(request, reply, start)
    const createdAt = http.parts.clock.now()
    writer = shape.stream(
      { id: start.id, createdAt, model: () => request.gateway.model ?? start.model },
      question,
    )
    // What fails until here, and until the first token, is a normal HTTP error.
    const first = events.next()
    await settledOrQuiet(first, ctx)
    sse = openStream(reply)
    sse.writeText(writer.start())
    for (let next = await first; !next.done; next = await events.next()) {
      const frames = framesOf(writer, next.value)
      if (frames !== '' && !sse.writeText(frames))
        await sse.drained(stallMs, ctx.signal, () => new ClientGone())
    }
  } catch (error) {
    if (error instanceof ClientGone || controller.signal.aborted) {
      controller.abort(error)
      reply.hijack()
      reply.raw.destroy()
    } else if (sse && writer) {
      const failure = toGatewayError(error, request.id, http.parts.log)
      request.gateway.error = failure.code
      sse.writeText(writer.error(failure, request.id))
    } else {
      throw error
    }
  } finally {
    // Also where the reader stopped reading: the provider is released.
    await events.return()
  }
  sse?.end()
  return reply
}

function framesOf(writer: DoorWriter, event: RelayEvent): string {
  switch (event.type) {
    case 'start':
      return ''
    case 'done':
      return writer.done(event)
    default:
      return writer.event(event)
  }
}

function noteModel(
  request: FastifyRequest,
  reply: FastifyReply,
  { model, alias }: Extract<RelayEvent, { readonly type: 'start' }>,
): void {
  request.gateway.model = model
  if (alias !== undefined) reply.header('X-OpenClaw-Model-Alias', encodeURI(alias.toWellFormed()))
}

interface ModelRow {
  readonly id: string
}

// One list that the clients of both APIs read.
function modelRows(http: HttpParts, request: FastifyRequest): readonly ModelRow[] {
  const models = listModels(http.parts, request.gateway.token?.models ?? null)
  return models.map(({ id, provider, name }) => ({
    id,
    object: 'model',
    type: 'model',
    created: 0,
    created_at: '1970-01-01T00:00:00Z',
    owned_by: provider,
    display_name: name,
  }))
}
