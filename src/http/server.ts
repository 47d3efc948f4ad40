import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import type { Token } from '../domain/tokens/token.ts'
import { type App, type HttpParts, pathOf } from './app.ts'
import { anonymous, authenticateRequest, requireScope } from './auth.ts'
import { parseBody } from './body.ts'
import { answerClientError } from './client-error.ts'
import { compileValidator } from './compile-validator.ts'
import { applyCors } from './cors.ts'
import { sendError, toGatewayError } from './errors.ts'
import { openApiDocument } from './openapi.ts'
import { parseQuery } from './query.ts'
import { requestIdOf } from './request-id.ts'
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

const headerBytesMax = 16 * 1024
const headersTimeoutMs = 15_000
const requestTimeoutMs = 60_000
const keepAliveTimeoutMs = 72_000
const urlSegmentMax = 256

/** Wires the HTTP API: the hooks in their order, the routes, and one shape for every error. */
export async function createHttpServer(http: HttpParts): Promise<HttpServer> {
  const requests = new Set<FastifyRequest>()
  const routes: RouteOptions[] = []
  let isClosing = false
  const app: App = Fastify({
    logger: false,
    bodyLimit: http.settings().bodyBytesMax,
    genReqId: (request) => requestIdOf(request, http.parts.ids),
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: { maxHeaderSize: headerBytesMax, headersTimeout: headersTimeoutMs },
    return503OnClosing: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: urlSegmentMax, querystringParser: parseQuery },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, http.parts.ids),
    frameworkErrors: (error, request, reply) => {
      prepare(http, request, reply)
      sendError(request, reply, toGatewayError(error, request.id, http.parts.log))
    },
  })
  app.decorateRequest('gateway')
  app.setValidatorCompiler(compileValidator)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
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
    requests.add(request)
    prepare(http, request, reply)
    if (isClosing) {
      reply.header('Connection', 'close')
      return done(
        new GatewayError('shutting_down', 'The gateway is stopping. Try again in a moment.', {
          retryAfterSeconds: 5,
        }),
      )
    }
    const refusal =
      malformed(request) ?? (http.settings().enabled || isHealth(request) ? undefined : disabled())
    if (refusal) return done(refusal)
    if (applyCors(request, reply, http.settings().cors)) return
    admit(http, request, done)
  })
  app.addHook('onResponse', (request, reply, done) => {
    requests.delete(request)
    logRequest(http, request, reply)
    done()
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

function prepare(http: HttpParts, request: FastifyRequest, reply: FastifyReply): void {
  request.gateway = {
    arrivedAt: http.parts.clock.monotonic(),
    token: undefined,
    error: undefined,
    model: undefined,
  }
  reply.header('X-Request-Id', request.id)
}

// What Node's parser lets through and a proxy in front may read otherwise.
function malformed(request: FastifyRequest): GatewayError | undefined {
  const { rawHeaders } = request.raw
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.length === 4 && rawHeaders[i]?.toLowerCase() === 'host') hosts++
  if (hosts > 1) return new GatewayError('invalid_request', 'The request has two Host headers. Send one.')
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return new GatewayError('unsupported_media_type', 'Send the body uncompressed, without Content-Encoding.')
  }
  return undefined
}

function isHealth(request: FastifyRequest): boolean {
  return pathOf(request) === '/health'
}

function disabled(): GatewayError {
  return new GatewayError('not_found', 'The API is switched off (api.enabled is false).')
}

// Authenticate, then scope. Tokens that are current are looked up without leaving the tick.
function admit(http: HttpParts, request: FastifyRequest, done: (error?: Error) => void): void {
  const scope = request.routeOptions.config.scope ?? 'none'
  if (scope === 'none' || request.is404) return done()
  const pass = (token: Token): void => {
    request.gateway.token = token
    requireScope(token, scope)
  }
  try {
    const token = http.settings().authEnabled ? authenticateRequest(http.authenticator, request) : anonymous
    if (token instanceof Promise) {
      token.then(pass).then(() => done(), done)
      return
    }
    pass(token)
  } catch (error) {
    done(asError(error))
    return
  }
  done()
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

function logRequest(http: HttpParts, request: FastifyRequest, reply: FastifyReply): void {
  const { arrivedAt, token, error, model } = request.gateway
  const route = request.routeOptions.url
  http.parts.log(reply.statusCode >= 500 ? 'warn' : 'info', 'api request', {
    requestId: request.id,
    method: request.method,
    path: route ?? pathOf(request).slice(0, 100),
    status: reply.raw.writableFinished ? reply.statusCode : 499,
    durationMs: Math.round((http.parts.clock.monotonic() - arrivedAt) * 10) / 10,
    ip: request.ip,
    token: token?.name,
    model,
    error,
  })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
