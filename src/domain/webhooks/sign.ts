import { canonicalJson, type EventValue } from './canonical-json.ts'

/** HMAC-SHA256 of a text's UTF-8 bytes under a key. */
export type HmacSha256 = (key: Uint8Array, text: string, encoding: 'hex' | 'base64') => string

/** An event before it is signed. */
export interface WebhookEvent {
  /** `evt_…`; holds no dot. */
  readonly id: string
  /** For example `message.received`. */
  readonly event: string
  /** ISO 8601 in UTC. */
  readonly timestamp: string
  readonly data: { readonly [name: string]: EventValue | undefined }
}

/** One attempt to deliver. */
export interface DeliveryAttempt {
  readonly eventId: string
  readonly event: string
  /** `dlv_…`, one per attempt. */
  readonly deliveryId: string
  /** Unix seconds of this attempt. */
  readonly at: number
  readonly body: string
  /** The endpoint's secret, null where it has none: then nothing is signed. */
  readonly secret: string | null
  /** Secrets that were replaced and are still valid. */
  readonly previousSecrets: readonly string[]
  /** Of the gateway, for User-Agent. */
  readonly version: string
}

const standardPrefix = 'whsec_'

/** Returns the RFC 8785 form of an event, without a signature. */
export function eventPayload(event: WebhookEvent): string {
  return canonicalJson({ ...event, type: event.event })
}

/**
 * Returns the body of an event: its RFC 8785 form and, where there is a secret, the HMAC-SHA256 of exactly those bytes as a last member
 * `signature`. The same on every attempt.
 */
export function signedBody(event: WebhookEvent, secret: string | null, hmac: HmacSha256): string {
  return signPayload(eventPayload(event), secret, hmac)
}

/** Returns the body for a payload that {@link eventPayload} has made. */
export function signPayload(payload: string, secret: string | null, hmac: HmacSha256): string {
  if (secret === null) return payload
  return `${payload.slice(0, -1)},"signature":"sha256=${hmac(utf8(secret), payload, 'hex')}"}`
}

/**
 * Returns the headers of one attempt: the three of Standard Webhooks, which alone protect against replay and carry a signature by each
 * secret that is still valid, and GitHub's form over the raw body. Without a secret there is no signature header.
 */
export function deliveryHeaders(attempt: DeliveryAttempt, hmac: HmacSha256): Record<string, string> {
  const { eventId, event, deliveryId, at, body, secret, previousSecrets, version } = attempt
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': `OpenClaw-Webhooks/${version}`,
    'webhook-id': eventId,
    'webhook-timestamp': String(at),
    'x-openclaw-event': event,
    'x-openclaw-delivery': deliveryId,
  }
  if (secret === null) return headers
  const signed = `${eventId}.${at}.${body}`
  const signatures = [secret, ...previousSecrets].map(
    (each) => `v1,${hmac(standardKey(each), signed, 'base64')}`,
  )
  headers['webhook-signature'] = signatures.join(' ')
  headers['x-openclaw-signature-256'] = `sha256=${hmac(utf8(secret), body, 'hex')}`
  return headers
}

/** Returns the key of a secret by the Standard Webhooks specification: what follows `whsec_` is base64, any other counts by its own bytes. */
export function standardKey(secret: string): Uint8Array {
  return secret.startsWith(standardPrefix)
    ? Buffer.from(secret.slice(standardPrefix.length), 'base64')
    : utf8(secret)
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text)
}
