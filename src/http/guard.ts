import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import { FailedLogins } from '../domain/limits/failed-logins.ts'
import type { RateLimiter } from '../domain/limits/rate-limiter.ts'
import type { Scope, Token } from '../domain/tokens/token.ts'
import { type AddressList, clientAddress, createAddressList } from './address.ts'
import { type HttpParts, type HttpSettings, pathOf } from './app.ts'
import { anonymous, authenticateRequest, isStranger, requireScope } from './auth.ts'
import { applyCors } from './cors.ts'
import { refuseForeignHost } from './host-check.ts'
import { failedLogin, takeRequest } from './rate-limit.ts'

/** What stands between the socket and the routes. */
export interface Guard {
  /** What needs no token: notes who calls, and returns why the request may not come in, or undefined. */
  atDoor(request: FastifyRequest): GatewayError | undefined
  /**
   * Who asks, whether the limits allow it, and whether the token may: `done` is told, at once where tokens are current. Where there is no
   * such route a stranger passes, but a token that is sent must be a good one, and is counted.
   */
  admit(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void
  /** Writes the CORS headers, also beside an error; true where the request was a preflight and has been answered. */
  cors(request: FastifyRequest, reply: FastifyReply, refused: GatewayError | undefined): boolean
}

interface Lists {
  readonly settings: HttpSettings
  readonly allowed: AddressList | null
  readonly proxies: AddressList | null
}

/** Makes the guard. `limiter` is the gateway's own, since what it has counted outlives a restart. */
export function createGuard(http: HttpParts, limiter: RateLimiter): Guard {
  const failures = new FailedLogins()
  const tokenLists = new WeakMap<readonly string[], AddressList>()
  let lists: Lists | undefined

  const listsOf = (settings: HttpSettings): Lists => {
    if (lists?.settings !== settings) {
      lists = {
        settings,
        allowed: settings.allowedIps && createAddressList(settings.allowedIps),
        proxies: settings.trustedProxies.length > 0 ? createAddressList(settings.trustedProxies) : null,
      }
    }
    return lists
  }

  const tokenAllows = (token: Token, ip: string): boolean => {
    if (token.allowedIps === null) return true
    const list = tokenLists.get(token.allowedIps) ?? createAddressList(token.allowedIps)
    tokenLists.set(token.allowedIps, list)
    return list.has(ip)
  }

  const pass = (request: FastifyRequest, reply: FastifyReply, token: Token, scope: Scope | 'none'): void => {
    const { gateway } = request
    gateway.token = token
    const now = http.parts.clock.now()
    takeRequest(reply, limiter, http.settings().rateLimits, token, now)
    gateway.call.counted(now)
    if (!tokenAllows(token, gateway.ip)) throw addressRefused(gateway.ip)
    if (token.session && request.headers.origin !== token.session.origin)
      throw foreignPage(token.session.origin)
    if (scope !== 'none') requireScope(token, scope)
  }

  return {
    atDoor(request) {
      const settings = http.settings()
      const { allowed, proxies } = listsOf(settings)
      const { gateway } = request
      gateway.ip = clientAddress(request, proxies)
      const path = pathOf(request)
      return (
        malformed(request) ??
        refuseForeignHost(request, settings.publicHosts) ??
        (allowed !== null && path !== '/health' && !allowed.has(gateway.ip)
          ? addressRefused(gateway.ip)
          : undefined) ??
        (settings.enabled || path === '/health' ? undefined : switchedOff())
      )
    },
    cors: (request, reply, refused) => applyCors(request, reply, http.settings().cors, refused !== undefined),
    admit(request, reply, done) {
      const scope = request.routeOptions.config.scope ?? 'none'
      if (scope === 'none' && (isStranger(request) || !request.is404)) {
        done()
        return
      }
      const refuse = (error: unknown): void => done(refusal(http, request, failures, error))
      try {
        const token = http.settings().authEnabled
          ? authenticateRequest(http.authenticator, request)
          : anonymous
        if (token instanceof Promise) {
          token.then((known) => pass(request, reply, known, scope)).then(() => done(), refuse)
          return
        }
        pass(request, reply, token, scope)
      } catch (error) {
        refuse(error)
        return
      }
      done()
    },
  }
}

function refusal(http: HttpParts, request: FastifyRequest, failures: FailedLogins, error: unknown): Error {
  if (error instanceof GatewayError && error.code === 'unauthorized') {
    return failedLogin(failures, request.gateway.ip, error, http.parts.clock.now())
  }
  return error instanceof Error ? error : new Error(String(error))
}

// What Node's parser lets through and a proxy in front may read otherwise.
function malformed(request: FastifyRequest): GatewayError | undefined {
  const { rawHeaders } = request.raw
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  if (hosts > 1) return new GatewayError('invalid_request', 'The request has two Host headers. Send one.')
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return new GatewayError('unsupported_media_type', 'Send the body uncompressed, without Content-Encoding.')
  }
  return undefined
}

function addressRefused(ip: string): GatewayError {
  return new GatewayError(
    'ip_not_allowed',
    `The address ${ip} may not call this. Add it to api.security.allowedIPs, or to the token's allowedIPs.`,
  )
}

function foreignPage(origin: string): GatewayError {
  return new GatewayError(
    'origin_not_allowed',
    `This token is for pages of ${origin} alone. Ask POST /api/v1/tokens/session for one of your own origin.`,
  )
}

function switchedOff(): GatewayError {
  return new GatewayError('not_found', 'The API is switched off (api.enabled is false).')
}
