import type { AddressInfo } from 'node:net'
import type { AnySchema } from 'ajv'
import Fastify, { type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import { unknownAddress } from './address.ts'
import { type App, type HttpParts, pathOf } from './app.ts'
import { parseBody } from './body.ts'
import { answerClientError } from './client-error.ts'
import { ajv, compileValidator } from './compile-validator.ts'
import { sendError, toGatewayError } from './errors.ts'
import { createGuard } from './guard.ts'
import { createListener } from './listener.ts'
import { openApiDocument } from './openapi.ts'
import { parseQuery } from './query.ts'
import { requestIdOf } from './request-id.ts'
import { logRequest } from './request-log.ts'
import { chatRoutes } from './routes/chat.ts'
import { conversationRoutes } from './routes/conversations.ts'
import { docsRoutes } from './routes/docs.ts'
import { healthRoutes } from './routes/health.ts'
import { modelRoutes } from './routes/models.ts'
import { sendRoutes } from './routes/send.ts'
import { allowOf } from './unknown-route.ts'

/** A server that has been wired and not yet bound. */
export interface HttpServer {
  /** Binds and resolves to the address. Rejects where the port is taken. */
  listen(host: string, port: number): Promise<AddressInfo>
  /** Refuses new requests with `shutting_down`, lets running ones end for up to `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>
}

const urlSegmentMax = 256

/** Wires the HTTP API: the hooks in their order, the routes, and one shape for every error. */
export async function createHttpServer(http: HttpParts): Promise<HttpServer> {
  const requests = new Set<FastifyRequest>()
  const routes: RouteOptions[] = []
  const guard = createGuard(http, http.limiter)
  let isClosing = false
  const app: App = Fastify({
    logger: false,
    bodyLimit: http.settings().bodyBytesMax,
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
    clientErrorHandler: (error, socket) => answerClientError(error, socket, http.parts.ids),
    frameworkErrors: (error, request, reply) => {
      // A URL that cannot be read skips the hooks.
      prepare(http, request, reply, requests)
      sendError(request, reply, guard.atDoor(request) ?? toGatewayError(error, request.id, http.parts.log))
    },
  })
  app.decorateRequest('gateway')
  app.setValidatorCompiler(compileValidator)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    if (bytes.length === 0 && request.method === 'DELETE') return done(null, undefined)
    try {
      done(null, parseBody(bytes))
    } catch (error) {
      done(asError(error))
    }
  })
  app.setErrorHandler((error, request, reply) =>
    sendError(request, reply, toGatewayError(error, request.id, http.parts.log)),
  )
  app.setNotFoundHandler((request, reply) => sendError(request, reply, unknownRoute(routes, request, reply)))
  app.addHook('onRoute', (route) => {
    if (route.config?.scope === undefined) throw new Error(`${route.method} ${route.url} declares no scope`)
    routes.push(route)
  })

  app.addHook('onRequest', (request, reply, done) => {
    prepare(http, request, reply, requests)
    if (isClosing) {
      reply.header('Connection', 'close')
      return done(stopping())
    }
    const refused = guard.atDoor(request)
    const isAnswered = guard.cors(request, reply, refused)
    if (isAnswered) return
    if (refused) return done(refused)
    // Before the body is read: what stands nowhere is not parsed first.
    if (request.is404) return done(unknownRoute(routes, request, reply))
    guard.admit(request, reply, done)
  })

  healthRoutes(app, http)
  let document: Record<string, unknown> | undefined
  docsRoutes(app, http, () => {
    document ??= openApiDocument(routes, http.version)
    return document
  })
  await app.register(
    (api: App, _options: unknown, done: () => void) => {
      chatRoutes(api, http)
      sendRoutes(api)
      conversationRoutes(api, http)
      modelRoutes(api, http)
      done()
    },
    { prefix: '/api/v1' },
  )
  await app.ready()
  // Node would answer 417 without a body; RFC 9110 lets a server pass over an Expect that it does not know.
  app.server.on('checkExpectation', (request, response) => app.routing(request, response))

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
      while (requests.size > 0 && http.parts.clock.monotonic() < deadline)
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
  requests: Set<FastifyRequest>,
): void {
  request.gateway = {
    arrivedAt: http.parts.clock.monotonic(),
    ip: unknownAddress,
    token: undefined,
    error: undefined,
    model: undefined,
  }
  reply.header('X-Request-Id', request.id)
  requests.add(request)
  // Not the onResponse hook: that one never comes where the caller has gone away.
  reply.raw.once('close', () => {
    requests.delete(request)
    logRequest(http, request, reply)
  })
}

function unknownRoute(
  routes: readonly RouteOptions[],
  request: FastifyRequest,
  reply: FastifyReply,
): GatewayError {
  const path = pathOf(request)
  const allow = allowOf(routes, path)
  if (allow.length === 0) {
    return new GatewayError(
      'not_found',
      `There is nothing at ${JSON.stringify(path.slice(0, 100))}. The API reference is at /docs.`,
    )
  }
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
