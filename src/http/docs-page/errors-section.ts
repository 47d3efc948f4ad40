import { type ErrorCode, statusOfCode } from '../../domain/errors.ts'
import { fieldsOf } from './fields.ts'
import { asObject, type JsonObject } from './json.ts'
import { html, type Markup, prose } from './markup.ts'
import { fieldTable, inReply, table } from './tables.ts'

interface CodeRow {
  readonly code: string
  readonly status: number
  readonly meaning: string
}

/** Makes the section of errors: the body that all of them have, and every code with its status and what to do. */
export function errorsSection(document: JsonObject): Markup {
  const error = asObject(asObject(asObject(document.components).schemas).Error)
  const rows: readonly CodeRow[] = Object.entries(errorMeanings).map(([code, meaning]) => ({
    code,
    meaning,
    status: isCode(code) ? statusOfCode[code] : 500,
  }))
  return html`<section aria-labelledby="errors">
<h2 id="errors"><a href="#errors">Errors</a></h2>
<p>Every reply that is no success has the same body, whatever the endpoint. Switch on <code>error</code>: the list of codes is closed.
Show <code>message</code> to people: it says what to do and never holds a secret.</p>
<h3 id="error-body">The body</h3>
${fieldTable('Body of every error', fieldsOf(document, error), inReply)}
<h3 id="error-codes">The codes</h3>
${table<CodeRow>('Error codes', rows, [
  { title: 'Code', cell: ({ code }) => html`<code id="error-${code}">${code}</code>` },
  { title: 'Status', cell: ({ status }) => html`${status}` },
  { title: 'What it means and what to do', cell: ({ meaning }) => prose(meaning), isProse: true },
])}</section>
`
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(statusOfCode, code)
}

/** What each code means and what to do about it, for the pages of the documentation. */
export const errorMeanings: Readonly<Record<ErrorCode, string>> = {
  invalid_request:
    'The request is not well-formed or breaks a bound. `message` names the field; mend it and send again.',
  prompt_rejected: 'The message was refused by the prompt checks. Rephrase it.',
  unauthorized:
    'No token, or one that is unknown, revoked or expired. Send `Authorization: Bearer …` with a valid one.',
  budget_exceeded: "The token's budget is used up. Wait for the next period or raise the budget.",
  insufficient_scope: 'The token lacks the scope that this endpoint needs. Use one that has it.',
  ip_not_allowed: 'The address that the request comes from is not on the list of allowed ones.',
  origin_not_allowed:
    'The page that calls is not of an allowed origin. Add it to `api.security.cors.origins`.',
  not_found: 'There is nothing at this path, or nothing under this id that the token can see.',
  model_not_found: 'No provider has this model. `GET /api/v1/models` lists those that there are.',
  channel_not_found: 'No channel of this name is configured.',
  method_not_allowed: 'The path exists, for other methods. The `Allow` header names them.',
  request_timeout: 'The request did not arrive in time. Send it again.',
  conflict: 'The id is taken by another token or a channel, or what was asked for has changed meanwhile.',
  idempotency_conflict: 'A request with this `Idempotency-Key` still runs. Wait for it, then send again.',
  payload_too_large: 'The body is larger than `api.security.maxBodySize`. Send less.',
  unsupported_media_type:
    'The body is not JSON. Send it uncompressed, with `Content-Type: application/json`.',
  misdirected_host: 'The `Host` header names a host that the gateway does not answer for.',
  idempotency_mismatch: 'This `Idempotency-Key` was used with another body. Take a new key.',
  rate_limit_exceeded: 'Too many requests. Send again after `retryAfter` seconds.',
  headers_too_large: 'The headers are larger than the gateway reads. Send fewer or shorter ones.',
  internal_error: 'Something went wrong inside the gateway. The log has it under `requestId`.',
  provider_error: "The model's provider failed or refused the gateway. `message` names the provider.",
  invalid_output: 'The model did not answer in the format that was asked for.',
  channel_error: "The channel's platform refused the message. `message` holds its words.",
  provider_unavailable:
    "The model's provider is overloaded or cannot be reached. Send again after `retryAfter` seconds.",
  channel_disconnected: 'The channel is down at the moment. `GET /health/detail` says why.',
  overloaded: 'The gateway has more to do than it takes on. Send again after `retryAfter` seconds.',
  shutting_down: 'The gateway is stopping. Send again in a moment.',
  provider_timeout: "The model's provider did not answer in time. Send again, or choose another model.",
}
