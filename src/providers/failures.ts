import type { IncomingHttpHeaders } from 'node:http'
import type { ErrorCode } from '../domain/errors.ts'
import { type FailureFacts, ProviderFailure } from '../domain/models/provider-failure.ts'
import { TransportError } from './exchange.ts'
import type { ForeignError } from './foreign-error.ts'
import { retryAfterMsOf, retryAfterSecondsDefault, retryAfterSecondsOf } from './retry-after.ts'
import { maskSecrets } from './secrets.ts'

/** Who is being asked: what a failure's message needs to name the provider and to keep its keys out. */
export interface Identity {
  readonly name: string
  readonly secrets: readonly string[]
}

const ownWordsMax = 300
const kindMax = 40
const unavailable: ReadonlySet<number> = new Set([408, 429, 503, 529])

/** Makes the error for an answer whose status is not 2xx, by the table in the contract's paragraph on providers. */
export function failureOfStatus(
  who: Identity,
  model: string | undefined,
  status: number,
  headers: IncomingHttpHeaders,
  foreign: ForeignError,
): ProviderFailure {
  const words = ownWords(who, foreign)
  const cause = new Error(`${who.name} answered ${status}${words}`)
  const reason = String(status)
  const fail = (code: ErrorCode, sentence: string, facts: Partial<FailureFacts> = {}): ProviderFailure =>
    new ProviderFailure(code, sentence, { next: 'elsewhere', reason, counts: true, ...facts }, { cause })

  if (unavailable.has(status)) return unavailableFailure(who, reason, words, cause, headers)
  if (model !== undefined && status >= 400 && status < 500 && isAboutTheModel(status, model, foreign)) {
    return fail(
      'model_not_found',
      `${who.name} has no model ${JSON.stringify(model.slice(0, 100))} for us (${status})${words}`,
      { counts: false },
    )
  }
  if (status === 413 || (status === 400 && isAboutTheContent(foreign))) {
    return fail(
      'invalid_request',
      `${who.name} does not take this content (${status})${words || ': it is too large'}`,
      { next: 'nowhere', counts: false },
    )
  }
  if (status === 401 || status === 403) {
    return fail(
      'provider_error',
      `${who.name} refuses our key (${status})${words}. Check the key of this provider.`,
    )
  }
  if (status === 404) {
    return model === undefined
      ? fail('provider_error', `${who.name} does not know this address (404)${words}. Check its baseUrl.`)
      : fail(
          'model_not_found',
          `${who.name} does not know the model ${JSON.stringify(model.slice(0, 100))}, or not the address that it was asked at (404)${words}. Check the model's id and the provider's baseUrl.`,
        )
  }
  if (status >= 300 && status < 400) {
    return fail(
      'provider_error',
      `${who.name} answered with a redirect (${status}), which is not followed. Check its baseUrl.`,
    )
  }
  if (status >= 500)
    return fail('provider_error', `${who.name} failed (${status})${words}`, {
      next: 'retry',
      ...waitOf(headers),
    })
  // What is wrong with one request may be right with the next.
  return fail('provider_error', `${who.name} refused the request (${status})${words}`, {
    counts: status === 402,
  })
}

/** Makes the error for one that came inside an answer that began well. */
export function failureInStream(who: Identity, foreign: ForeignError): ProviderFailure {
  const words = ownWords(who, foreign)
  const kind = (foreign.type ?? foreign.code ?? 'error').replaceAll(/[^\w.-]/g, '').slice(0, kindMax)
  const cause = new Error(`${who.name} broke off with ${kind}${words}`)
  const isBusy =
    /overloaded|rate.?limit|unavailable|insufficient_system_resource/i.test(
      `${foreign.type} ${foreign.code}`,
    ) || unavailable.has(Number(foreign.code))
  if (isBusy) return unavailableFailure(who, kind, words, cause, {})
  const facts = { next: 'elsewhere', reason: kind, counts: true } as const
  return new ProviderFailure('provider_error', `${who.name} broke off its answer${words}`, facts, { cause })
}

/** Makes the error for an answer that cannot be understood, or that ended too early; `what` continues the provider's name. */
export function brokenAnswer(who: Identity, what: string): ProviderFailure {
  const facts = { next: 'elsewhere', reason: 'broken_answer', counts: true } as const
  return new ProviderFailure('provider_error', `${who.name} ${what}.`, facts)
}

/** Makes the error for a connection that failed. Returns what is no `TransportError`, a signal's reason for one, as it is. */
export function failureOfTransport(who: Identity, error: unknown, connectTimeoutMs: number): unknown {
  if (!(error instanceof TransportError)) return error
  const options = { cause: error }
  const because = `(${error.code})`
  const facts = { next: 'elsewhere', reason: error.code, counts: true } as const
  if (error.code === 'CONNECT_TIMEOUT' || error.code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new ProviderFailure(
      'provider_timeout',
      `${who.name} did not connect within ${connectTimeoutMs / 1000} seconds (connect deadline).`,
      { ...facts, next: 'retry' },
      { ...options, details: { deadline: 'connect' } },
    )
  }
  if (/CERT|SELF_SIGNED|^ERR_SSL|^EPROTO/.test(error.code)) {
    return new ProviderFailure(
      'provider_error',
      `${who.name} cannot be reached safely: TLS failed ${because}. Check its baseUrl.`,
      facts,
      options,
    )
  }
  if (/^(?:UND_ERR_INVALID_ARG|ERR_INVALID|TypeError)/.test(error.code)) {
    return new ProviderFailure(
      'provider_error',
      `${who.name} cannot be asked: its key or headers in the config are not valid in HTTP.`,
      facts,
      options,
    )
  }
  if (error.phase === 'connect') {
    return new ProviderFailure(
      'provider_unavailable',
      `${who.name} cannot be reached ${because}.`,
      { ...facts, next: 'retry' },
      { ...options, retryAfterSeconds: retryAfterSecondsDefault },
    )
  }
  const isBefore = error.phase === 'headers'
  const when = isBefore ? 'before it answered' : 'in the middle of its answer'
  return new ProviderFailure(
    'provider_error',
    `${who.name} closed the connection ${when} ${because}.`,
    isBefore ? { ...facts, next: 'retry' } : facts,
    options,
  )
}

function unavailableFailure(
  who: Identity,
  kind: string,
  words: string,
  cause: Error,
  headers: IncomingHttpHeaders,
): ProviderFailure {
  const retryAfterSeconds = retryAfterSecondsOf(headers)
  const sentence = `${who.name} cannot answer now (${kind})${words}. Try again in ${retryAfterSeconds} s.`
  const facts = { next: 'retry', reason: kind, counts: true, ...waitOf(headers) } as const
  return new ProviderFailure('provider_unavailable', sentence, facts, { cause, retryAfterSeconds })
}

function waitOf(headers: IncomingHttpHeaders): { readonly retryAfterMs?: number } {
  const retryAfterMs = retryAfterMsOf(headers)
  return retryAfterMs === undefined ? {} : { retryAfterMs }
}

// The provider's own words are shown short, on one line, and without anything that looks like a key.
function ownWords(who: Identity, foreign: ForeignError): string {
  if (foreign.message === undefined) return ''
  const line = maskSecrets(foreign.message, who.secrets)
    .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .replace(/[.!]$/, '')
  return `: ${line.length > ownWordsMax ? `${line.slice(0, ownWordsMax - 1).trimEnd()}…` : line}`
}

const modelCodes = /model_not_found|model_not_available|DeploymentNotFound/i
const modelWords = /not a valid model|invalid model|unknown model|model .{0,120}(?:not found|does not exist)/i

function isAboutTheModel(status: number, model: string, foreign: ForeignError): boolean {
  const { message = '' } = foreign
  if (modelCodes.test(`${foreign.code} ${foreign.type}`)) return true
  if (status === 404) return /\bmodels?\b/i.test(message) || message.includes(model)
  return status === 400 && modelWords.test(message)
}

// What the caller can mend and the gateway cannot: context, image or answer too large, blank text, filtered content. Wordings of
// Anthropic, OpenAI, Google, vLLM and llama.cpp; only some of them have a code as well.
const contentCodes =
  /context_length_exceeded|exceed_context_size|string_above_max_length|request_too_large|content_filter|content_policy/i
const contentWords = [
  /(?:prompt|input|request|message|image|context).{0,80}(?:too (?:long|large|big|many)|exceeds?\b)/i,
  /(?:max_tokens|max_completion_tokens).{0,80}(?:too large|maximum|exceed)/i,
  /context (?:length|window|limit|size)|image dimensions|non-(?:empty|whitespace)|at least one message/i,
  // A model that is shown an image and cannot see, or an image that cannot be read.
  /image_url|image (?:input|content|format|data|media)|images? (?:is|are) not|(?:process|decode|support|valid).{0,40}\bimages?\b|\bvision\b/i,
] as const

function isAboutTheContent(foreign: ForeignError): boolean {
  const { message = '' } = foreign
  return (
    contentCodes.test(`${foreign.code} ${foreign.type}`) || contentWords.some((words) => words.test(message))
  )
}
