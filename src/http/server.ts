import type { AddressInfo, Socket } from 'node:net'
import type { AnySchema } from 'ajv'
import Fastify, { type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import { unknownAddress } from './address.ts'
import { type App, type HttpParts, pathOf } from './app.ts'
import { auditClientError, auditedCall, closeCall } from './audit-calls.ts'
import { parseBody } from './body.ts'
import { answerClientError } from './client-error.ts'
import { ajv, compileValidator } from './compile-validator.ts'
import { isObject } from './docs-page/json.ts'
import { sendError, toGatewayError } from './errors.ts'
import { createGuard } from './guard.ts'
import { createListener } from './listener.ts'
import { openApiDocument } from './openapi.ts'
import { parseQuery } from './query.ts'
import { readBody } from './read-body.ts'
import { requestIdOf } from './request-id.ts'
import { logRequest } from './request-log.ts'
import { bodyExample, refuseUnread, takesBody } from './route-body.ts'
import { auditRoutes } from './routes/audit.ts'
import { channelWebhookRoutes } from './routes/channel-webhooks.ts'
import { chatRoutes } from './routes/chat.ts'
import { conversationRoutes } from './routes/conversations.ts'
import { docsRoutes } from './routes/docs.ts'
import { doorRoutes } from './routes/doors.ts'
import { healthRoutes } from './routes/health.ts'
import { modelRoutes } from './routes/models.ts'
import { sendRoutes } from './routes/send.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { usageRoutes } from './routes/usage.ts'
import { webhookRoutes } from './routes/webhooks.ts'
import { StreamSlots } from './stream-slots.ts'
import { allowOf, unknownPath } from './unknown-route.ts'

/** A server that has been wired and not yet bound. */
export interface HttpServer {
  /** Binds and resolves to the address. Rejects where the port is taken. */
  listen(host: string, port: number): Promise<AddressInfo>
  /** Refuses new requests with `shutting_down`, lets running ones end for up to `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>
}

const urlSegmentMax = 256
// Node looks twice whether a write gets on: a reader that takes nothing is cut after 30 to 60 s.
const stallMs = 30_000

/** Wires the HTTP API: the hooks in their order, the routes, and one shape for every error. */
export async function createHttpServer(http: HttpParts): Promise<HttpServer> {
  const replies = new Set<FastifyReply>()
  const routes: RouteOptions[] = []
  const guard = createGuard(http, http.limiter)
  let isClosing = false
  const app: App = Fastify({
    logger: false,
    genReqId: (request) => requestIdOf(request, http.parts.ids),
    serverFactory: (handler) => createListener(handler, http.settings().tls, http.parts.log),
    // Given a factory, Fastify does not load its own compilers, which cost memory and start time; ours is set below.
    schemaController: {
      compilersFactory: {
        buildValidator: () => (schema: AnySchema) => ajv.compile(schema),
        buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
      },
    },
    return503OnClosing: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: urlSegmentMax, querystringParser: parseQuery },
    clientErrorHandler(error, socket) {
      // An answer that is under way cannot be followed by another one, only cut.
      if (isAnswering(replies, socket)) return void socket.destroy()
      const answer = answerClientError(error, socket, http.parts.ids)
      if (answer) auditClientError(http, socket, answer)
    },
    frameworkErrors: (error, request, reply) => {
      // A URL that cannot be read skips the hooks.
      prepare(http, request, reply, replies, routes)
      const refused = guard.atDoor(request) ?? toGatewayError(error, request.id, http.parts.log)
      guard.cors(request, reply, refused)
      sendError(request, reply, refused)
    },
  })
  app.decorateRequest('gateway')
  app.setValidatorCompiler(compileValidator)
  app.removeAllContentTypeParsers()
  // Read by ourselves: Fastify's own limit is fixed at the start.
  app.addContentTypeParser('application/json', (request, payload, done) => {
    readBody(payload, http.settings().bodyBytesMax, (error, bytes) => {
      if (error) return done(error)
      if (bytes.length === 0 && !takesBody(request.routeOptions)) return done(null, undefined)
      try {
        done(
          null,
          parseBody(bytes, () => bodyExample(request)),
        )
      } catch (cause) {
        done(asError(cause))
      }
    })
  })
  app.setErrorHandler((error, request, reply) => {
    // Fastify closes the connection over a bad body; a caller that still sends would see a reset in the place of its 413.
    if (!isClosing && reply.hasHeader('connection'))
      reply.header('connection', reply.raw.shouldKeepAlive ? 'keep-alive' : 'close')
    sendError(request, reply, toGatewayError(error, request.id, http.parts.log))
  })
  app.setNotFoundHandler((request, reply) => sendError(request, reply, unknownRoute(routes, request, reply)))
  app.addHook('onRoute', (route) => {
    if (route.config?.scope === undefined) throw new Error(`${route.method} ${route.url} declares no scope`)
    refuseUnread(route)
    routes.push(route)
  })

  app.addHook('onRequest', (request, reply, done) => {
    prepare(http, request, reply, replies, routes)
    if (isClosing) {
      const error = stopping()
      reply.header('Connection', 'close')
      guard.cors(request, reply, error)
      return done(error)
    }
    const refused = guard.atDoor(request)
    const isAnswered = guard.cors(request, reply, refused)
    if (isAnswered) return
    if (refused) return done(refused)
    // Before the body is read: what stands nowhere is not parsed first.
    const next = leadsNowhere(request)
      ? (error?: Error) => done(error ?? unknownRoute(routes, request, reply))
      : done
    guard.admit(request, reply, next)
  })

  healthRoutes(app, http)
  channelWebhookRoutes(app, http)
  let document: Record<string, unknown> | undefined
  docsRoutes(app, http, () => {
    document ??= openApiDocument(routes, http.version)
    return document
  })
  const slots = new StreamSlots()
  doorRoutes(app, http, slots)
  await app.register(
    (api: App, _options: unknown, done: () => void) => {
      chatRoutes(api, http, slots)
      sendRoutes(api, http)
      conversationRoutes(api, http)
      modelRoutes(api, http)
      tokenRoutes(api, http)
      webhookRoutes(api, http)
      auditRoutes(api, http)
      usageRoutes(api, http)
      done()
    },
    { prefix: '/api/v1' },
  )
  await app.ready()
  // Node would answer 417 without a body; RFC 9110 lets a server pass over an Expect that it does not know.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))

  return {
    async listen(host, port) {
      await app.listen({ host, port })
      const address = app.server.address()
      if (typeof address !== 'object' || address === null) throw new Error('the server has no address')
      return address
    },
    async close(graceMs) {
      isClosing = true
      const deadline = http.parts.clock.monotonic() + graceMs
      while (replies.size > 0 && http.parts.clock.monotonic() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 20))
      await app.close()
      await http.parts.turns.idle()
    },
  }
}

function prepare(
  http: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  replies: Set<FastifyReply>,
  routes: readonly RouteOptions[],
): void {
  request.gateway = {
    arrivedAt: http.parts.clock.monotonic(),
    ip: unknownAddress,
    token: undefined,
    error: undefined,
    model: undefined,
    attempts: undefined,
    call: auditedCall(http, request),
  }
  reply.header('X-Request-Id', request.id)
  replies.add(reply)
  // A whole reply that its reader does not take would stand in memory for ever.
  reply.raw.once('prefinish', () => reply.raw.setTimeout(stallMs))
  // Not the onResponse hook: that one never comes where the caller has gone away.
  reply.raw.once('close', () => {
    replies.delete(reply)
    logRequest(http, request, reply, routes)
    closeCall(request, reply)
  })
}

function isAnswering(replies: Iterable<FastifyReply>, socket: Socket): boolean {
  for (const { raw } of replies) if (raw.socket === socket && raw.headersSent) return true
  return false
}

// A slash at the end would be an id without a character.
function leadsNowhere({ is404, params }: FastifyRequest): boolean {
  return is404 || (isObject(params) && Object.values(params).includes(''))
}

function unknownRoute(
  routes: readonly RouteOptions[],
  request: FastifyRequest,
  reply: FastifyReply,
): GatewayError {
  const path = pathOf(request)
  const allow = allowOf(routes, path)
  if (allow.length === 0) return unknownPath(routes, path)
  reply.header('Allow', allow.join(', '))
  return new GatewayError(
    'method_not_allowed',
    `${request.method} is not for this path. Use ${allow.join(' or ')}.`,
  )
}

function stopping(): GatewayError {
  return new GatewayError('shutting_down', 'The gateway is stopping. Try again in a moment.', {
    retryAfterSeconds: 5,
  })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
