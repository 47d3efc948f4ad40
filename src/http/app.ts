import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AuditTrail } from '../domain/audit/audit-trail.ts'
import type { AuditedCall } from '../domain/audit/audited-call.ts'
import type { Parts } from '../domain/context.ts'
import type { Health } from '../domain/health/health.ts'
import type { RateLimiter } from '../domain/limits/rate-limiter.ts'
import type { Authenticator } from '../domain/tokens/authenticate.ts'
import type { SessionTokens } from '../domain/tokens/session-token.ts'
import type { Scope, Token } from '../domain/tokens/token.ts'

import type { TlsFiles } from './listener.ts'
import type { RateLimits } from './rate-limit.ts'

/** What the HTTP edge needs of the configuration; read at the moment of use. */
export interface HttpSettings {
  /** False leaves `/health` alone. */
  readonly enabled: boolean
  /** False lets everybody in, as an administrator. */
  readonly authEnabled: boolean
  readonly bodyBytesMax: number
  /** Null speaks plain HTTP. */
  readonly tls: TlsFiles | null
  readonly cors: CorsSettings | null
  /** Addresses and CIDR blocks that may call anything but `/health`; null allows all, an empty list none. */
  readonly allowedIps: readonly string[] | null
  /** Proxies whose X-Forwarded-For counts. */
  readonly trustedProxies: readonly string[]
  /** Host names, lower case and without port, that this gateway answers for beside its own addresses. */
  readonly publicHosts: readonly string[]
  readonly rateLimits: RateLimits
  /** Streams that one token may have open at a time. */
  readonly concurrentStreams: number
}

/** Which pages may call the API from a browser. */
export interface CorsSettings {
  /** Exact origins; `*` is none. */
  readonly origins: readonly string[]
  readonly methods: readonly string[]
}

/** What the HTTP edge is made of. */
export interface HttpParts {
  readonly parts: Parts
  readonly authenticator: Authenticator
  readonly limiter: RateLimiter
  readonly sessions: SessionTokens
  readonly audit: AuditTrail
  readonly settings: () => HttpSettings
  readonly version: string
  /** Whole seconds since the gateway was ready. */
  readonly uptimeSeconds: () => number
  readonly health: () => Health
}

/** A Fastify instance of ours. */
export type App = FastifyInstance

/** What the hooks learn of a request on its way. */
export interface RequestState {
  /** `clock.monotonic()` at arrival. */
  readonly arrivedAt: number
  /** The client's address, or `unknown`. */
  ip: string
  token: Token | undefined
  /** What the audit learns of it. */
  readonly call: AuditedCall
  /** The error's code, for the log. */
  error: string | undefined
  model: string | undefined
  /** How often models were asked, where it was more than once. */
  attempts: number | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    gateway: RequestState
  }
  interface FastifyContextConfig {
    /** What a token needs for this route; `none` lets everybody in. Every route declares it once. */
    scope?: Scope | 'none'
    /** True keeps a route out of the API reference: it follows the documents of somebody else, or is no part of the API. */
    isUndocumented?: boolean
    /** A body that an undocumented route takes, for the errors about bodies that it does not. */
    bodyExample?: object
    /** One sentence for the API reference. */
    summary?: string
    /** Headers of its own, for the API reference. */
    headers?: object
    /** Query, body and replies as they stand in the API reference, where Fastify is not told of them. */
    responses?: Readonly<
      Record<number, { readonly description: string; readonly contentType: string; readonly schema: object }>
    >
  }
}

/** Returns the path of a request without its query. */
export function pathOf(request: FastifyRequest): string {
  const query = request.url.indexOf('?')
  return query < 0 ? request.url : request.url.slice(0, query)
}
