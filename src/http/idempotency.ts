import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { statusOfCode } from '../domain/errors.ts'
import { beginOnce } from '../domain/idempotency/begin-once.ts'
import type { AnsweredKey, KeptAnswer, KeyUse } from '../domain/idempotency/key-store.ts'
import type { HttpParts } from './app.ts'
import { anonymous } from './auth.ts'
import { errorBody, toGatewayError } from './errors.ts'
import { idempotencyKeyOf } from './idempotency-key.ts'

/** A call whose caller has sent an Idempotency-Key. */
export interface OnceCall {
  readonly use: KeyUse
  /** Returns what keeps an answer with status 200 under the key. */
  answered(body: object): AnsweredKey
}

// What can pass by waiting is not kept: the same request may be allowed later.
const passing: ReadonlySet<number> = new Set([401, 402, 403, 408, 409, 429])

/**
 * Answers a request of a route that has `attachValidation`, once for its Idempotency-Key where it has one: a copy of it gets the first
 * one's answer. `work` keeps an answer with status 200 itself, in the commit that makes it true; an answer 4xx that no waiting changes is
 * kept here. Throws as `beginOnce` does, and `invalid_request` for a header that is no key.
 */
export function answerOnce<T>(
  http: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (call: OnceCall | undefined) => Promise<T>,
): Promise<T | FastifyReply> {
  const name = idempotencyKeyOf(request)
  if (name !== undefined) return answerKeyed(http, request, reply, name, work)
  if (request.validationError) throw request.validationError
  return work(undefined)
}

async function answerKeyed<T>(
  http: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  work: (call: OnceCall) => Promise<T>,
): Promise<T | FastifyReply> {
  const use = useOf(http, request, name)
  const begun = await beginOnce(http.parts, use)
  if ('answer' in begun) return replay(request, reply, begun.answer)
  using _running = begun.running
  try {
    if (request.validationError) throw request.validationError
    return await work({
      use,
      answered: (body) => ({ ...use, answer: { status: 200, body: JSON.stringify(body) } }),
    })
  } catch (error) {
    const failure = toGatewayError(error, request.id, http.parts.log)
    const status = statusOfCode[failure.code]
    if (status < 500 && !passing.has(status)) {
      const answer = { status, body: JSON.stringify(errorBody(failure, request.id)) }
      await http.parts.store.keys.keep({ ...use, answer })
    }
    throw failure
  }
}

function useOf(http: HttpParts, request: FastifyRequest, name: string): KeyUse {
  const { url } = request.routeOptions
  return {
    owner: (request.gateway.token ?? anonymous).id,
    // A caller may have put anything into it.
    name: hash('sha256', name),
    fingerprint: hash('sha256', `${request.method} ${url}\n${stableJson(request.body)}`),
    at: http.parts.clock.now(),
  }
}

// The same for the same JSON, in whatever order its members stand.
function stableJson(body: unknown): string {
  return JSON.stringify(body, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}

function replay(request: FastifyRequest, reply: FastifyReply, { status, body }: KeptAnswer): FastifyReply {
  if (status >= 400) request.gateway.error = codeIn(body)
  return reply
    .code(status)
    .header('Idempotent-Replayed', 'true')
    .type('application/json; charset=utf-8')
    .send(body)
}

function codeIn(body: string): string | undefined {
  const parsed: unknown = JSON.parse(body)
  return typeof parsed === 'object' && parsed !== null && 'error' in parsed ? String(parsed.error) : undefined
}
