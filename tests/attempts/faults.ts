import type { ErrorCode } from '../../src/domain/errors.ts'
import type { Behaviour } from '../support/provider-server.ts'

/** How one kind of call ends without a fallback. */
export interface Ending {
  readonly code: ErrorCode
  /** True where the stream had begun: the error is its last frame. */
  readonly inFrame?: boolean
  /** `details.deadline` of a 504. */
  readonly deadline?: 'connect' | 'firstToken' | 'idle' | 'total'
  /** Whether a fallback answers in its place. */
  readonly mended: boolean
}

/** What one fault of a provider must come to. */
export interface FaultCase {
  readonly name: string
  /** How often the provider is asked with two retries. */
  readonly asked: number
  readonly plain: Ending
  readonly stream: Ending
  /** Seconds that the caller is told to wait. */
  readonly retryAfter?: number
  /** How the provider answers; absent where there is nobody to ask. */
  readonly behaviour?: (wantsStream: boolean, errorOf: ErrorBody) => Behaviour
}

/** Writes an error as the dialect does. */
export type ErrorBody = (type: string, message: string) => unknown

const failed = (code: ErrorCode, mended = true): Pick<FaultCase, 'plain' | 'stream'> => ({
  plain: { code, mended },
  stream: { code, mended },
})

const refusal = (
  status: number,
  headers: Readonly<Record<string, string>> = {},
): NonNullable<FaultCase['behaviour']> => {
  return (_wantsStream, errorOf) => ({
    reply: { status, headers, body: errorOf('some_error', 'Something is wrong') },
  })
}

const tenMegabytes = 10 * 1024 * 1024

/** Every fault, and what becomes of it. */
export const faults: readonly FaultCase[] = [
  { name: 'refused-connection', asked: 0, ...failed('provider_unavailable'), retryAfter: 5 },
  {
    name: 'reset-before-headers',
    asked: 3,
    ...failed('provider_error'),
    behaviour: () => ({ fault: 'reset-before-headers' }),
  },
  {
    name: 'reset-mid-stream',
    asked: 1,
    plain: { code: 'provider_error', mended: true },
    stream: { code: 'provider_error', inFrame: true, mended: false },
    behaviour: () => ({ fault: 'reset-mid-stream' }),
  },
  { name: 'status-400', asked: 1, ...failed('provider_error'), behaviour: refusal(400) },
  {
    name: 'content-too-large',
    asked: 1,
    ...failed('invalid_request', false),
    behaviour: (_wantsStream, errorOf) => ({
      reply: { status: 400, body: errorOf('invalid_request_error', 'prompt is too long: 9 tokens > 8') },
    }),
  },
  { name: 'status-401', asked: 1, ...failed('provider_error'), behaviour: refusal(401) },
  { name: 'status-403', asked: 1, ...failed('provider_error'), behaviour: refusal(403) },
  { name: 'status-404', asked: 1, ...failed('model_not_found'), behaviour: refusal(404) },
  {
    name: 'status-408',
    asked: 3,
    ...failed('provider_unavailable'),
    retryAfter: 5,
    behaviour: refusal(408),
  },
  {
    name: 'status-429',
    asked: 3,
    ...failed('provider_unavailable'),
    retryAfter: 5,
    behaviour: refusal(429),
  },
  {
    name: 'status-429-for-a-second',
    asked: 3,
    ...failed('provider_unavailable'),
    retryAfter: 1,
    behaviour: refusal(429, { 'retry-after': '1' }),
  },
  {
    name: 'status-429-for-an-hour',
    asked: 1,
    ...failed('provider_unavailable'),
    retryAfter: 3600,
    behaviour: refusal(429, { 'retry-after': '3600' }),
  },
  { name: 'status-500', asked: 3, ...failed('provider_error'), behaviour: refusal(500) },
  { name: 'status-502', asked: 3, ...failed('provider_error'), behaviour: refusal(502) },
  {
    name: 'status-503',
    asked: 3,
    ...failed('provider_unavailable'),
    retryAfter: 5,
    behaviour: refusal(503),
  },
  {
    name: 'status-529',
    asked: 3,
    ...failed('provider_unavailable'),
    retryAfter: 5,
    behaviour: refusal(529),
  },
  {
    name: 'stall-before-headers',
    asked: 1,
    plain: { code: 'provider_timeout', deadline: 'total', mended: false },
    stream: { code: 'provider_timeout', deadline: 'firstToken', mended: true },
    behaviour: () => ({ fault: 'stall-before-headers' }),
  },
  {
    name: 'stall-mid-stream',
    asked: 1,
    plain: { code: 'provider_timeout', deadline: 'total', mended: false },
    stream: { code: 'provider_timeout', deadline: 'idle', inFrame: true, mended: false },
    behaviour: () => ({ fault: 'stall-mid-stream' }),
  },
  {
    name: 'invalid-json',
    asked: 1,
    ...failed('provider_error'),
    behaviour: (wantsStream) =>
      wantsStream
        ? { events: ['{"type": oh no'] }
        : { reply: { status: 200, headers: { 'content-type': 'application/json' }, body: '{"id": oh no' } },
  },
  {
    name: 'invalid-json-mid-stream',
    asked: 1,
    plain: { code: 'provider_error', mended: true },
    stream: { code: 'provider_error', inFrame: true, mended: false },
    behaviour: (wantsStream) => ({ fault: wantsStream ? 'invalid-json' : 'truncate' }),
  },
  {
    name: 'truncated',
    asked: 1,
    plain: { code: 'provider_error', mended: true },
    stream: { code: 'provider_error', inFrame: true, mended: false },
    behaviour: () => ({ fault: 'truncate' }),
  },
  {
    name: 'truncated-before-the-first-token',
    asked: 1,
    ...failed('provider_error'),
    behaviour: (wantsStream) =>
      wantsStream
        ? { events: [] }
        : { reply: { status: 200, headers: { 'content-type': 'application/json' }, body: '' } },
  },
  {
    name: 'wrong-content-type',
    asked: 1,
    ...failed('provider_error'),
    behaviour: () => ({
      reply: { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Welcome</html>' },
    }),
  },
  {
    name: 'chunk-of-10-mb',
    asked: 1,
    ...failed('provider_error'),
    behaviour: () => ({ pieces: ['x'.repeat(tenMegabytes)] }),
  },
]
