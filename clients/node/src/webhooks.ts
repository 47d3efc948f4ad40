import { WebhookVerificationError } from './errors.ts'

const toleranceSeconds = 300
const signaturesMax = 16

/** Headers as Node, a browser or a framework has them. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * Returns the event of a delivery that is the gateway's own and at most five minutes old. `body` is the request's body as it came, not
 * parsed and written again. Rejects with `WebhookVerificationError`. Follows Standard Webhooks (https://www.standardwebhooks.com).
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string,
  options: { readonly toleranceSeconds?: number; readonly now?: Date } = {},
): Promise<unknown> {
  if (secret === '') throw new WebhookVerificationError('There is no secret to verify with.')
  const id = headerOf(headers, 'webhook-id')
  const stamp = headerOf(headers, 'webhook-timestamp')
  const signatures = headerOf(headers, 'webhook-signature')
  if (!/^\d{1,12}$/.test(stamp)) {
    throw new WebhookVerificationError('The header webhook-timestamp is no number of seconds.')
  }
  const age = Math.abs((options.now ?? new Date()).getTime() / 1000 - Number(stamp))
  if (age > (options.toleranceSeconds ?? toleranceSeconds)) {
    throw new WebhookVerificationError('The delivery is too old, or the clocks differ.')
  }
  const expected = await signWebhook(body, id, Number(stamp), secret)
  // Each is compared, so that the time does not tell which one was right.
  let isGood = false
  for (const signature of signatures.split(' ').slice(0, signaturesMax)) {
    if (isSame(signature, expected)) isGood = true
  }
  if (!isGood) throw new WebhookVerificationError('The signature is not that of this secret and body.')
  return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body))
}

/** Resolves to the value that `webhook-signature` has for a body; of use in tests of a receiver. `timestamp` is in seconds. */
export async function signWebhook(
  body: string | Uint8Array,
  id: string,
  timestamp: number,
  secret: string,
): Promise<string> {
  const encoder = new TextEncoder()
  const head = encoder.encode(`${id}.${timestamp}.`)
  const bytes = typeof body === 'string' ? encoder.encode(body) : body
  const signed = new Uint8Array(head.length + bytes.length)
  signed.set(head)
  signed.set(bytes, head.length)
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', keyBytes(secret), algorithm, false, ['sign'])
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, signed))
  return `v1,${btoa(String.fromCharCode(...signature))}`
}

function keyBytes(secret: string): Uint8Array<ArrayBuffer> {
  if (!secret.startsWith('whsec_')) return Uint8Array.from(new TextEncoder().encode(secret))
  try {
    return Uint8Array.from(atob(secret.slice('whsec_'.length)), (character) => character.charCodeAt(0))
  } catch {
    throw new WebhookVerificationError('The secret begins with whsec_ and is no base64 after it.')
  }
}

function headerOf(headers: WebhookHeaders, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : memberOf(headers, name)
  if (typeof value === 'string' && value !== '') return value
  throw new WebhookVerificationError(`The delivery has no header ${name}.`)
}

function memberOf(headers: Exclude<WebhookHeaders, Headers>, name: string): unknown {
  for (const [key, value] of Object.entries(headers)) if (key.toLowerCase() === name) return value
  return undefined
}

function isSame(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < b.length; i++) difference |= a.charCodeAt(i % (a.length || 1)) ^ b.charCodeAt(i)
  return difference === 0
}
