import { type HmacSha256, standardKey } from './sign.ts'

/** A delivery as a receiver got it. Header names in lower case. */
export interface ReceivedDelivery {
  readonly body: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly secret: string
  /** Milliseconds since the epoch; a `webhook-timestamp` may differ by 300 s. */
  readonly now: number
}

/** Whether a delivery is genuine: by which signature, or why not. */
export type Verdict =
  | { readonly valid: true; readonly by: 'webhook-signature' | 'x-openclaw-signature-256' | 'signature' }
  | { readonly valid: false; readonly because: string }

const toleranceSeconds = 300

/**
 * Verifies a delivery by the strongest signature that it carries: the `webhook-*` headers of Standard Webhooks, which alone protect
 * against replay, else `X-OpenClaw-Signature-256` over the raw body, else the member `signature` of the body.
 */
export function verifyDelivery(delivery: ReceivedDelivery, hmac: HmacSha256): Verdict {
  const { body, headers, secret, now } = delivery
  const key = Buffer.from(secret)
  const signatures = headers['webhook-signature']
  if (signatures !== undefined) {
    const { 'webhook-id': id, 'webhook-timestamp': timestamp = '' } = headers
    if (id === undefined || !/^\d{1,12}$/.test(timestamp)) {
      return invalid('the headers webhook-id and webhook-timestamp must stand beside webhook-signature')
    }
    const seconds = Math.abs(now / 1000 - Number(timestamp))
    if (seconds > toleranceSeconds) {
      return invalid(
        `webhook-timestamp is ${Math.round(seconds)} s off; more than ${toleranceSeconds} is refused`,
      )
    }
    const expected = `v1,${hmac(standardKey(secret), `${id}.${timestamp}.${body}`, 'base64')}`
    return signatures.split(' ').some((one) => isSame(one, expected))
      ? { valid: true, by: 'webhook-signature' }
      : invalid('webhook-signature does not match: the secret or the body is another one')
  }
  const header = headers['x-openclaw-signature-256']
  if (header !== undefined) {
    return isSame(header, `sha256=${hmac(key, body, 'hex')}`)
      ? { valid: true, by: 'x-openclaw-signature-256' }
      : invalid('X-OpenClaw-Signature-256 does not match: the secret or the body is another one')
  }
  return verifyMember(body, key, hmac)
}

function verifyMember(body: string, key: Uint8Array, hmac: HmacSha256): Verdict {
  const at = body.lastIndexOf(',"signature":"')
  const signature = /^,"signature":"(sha256=[0-9a-f]{64})"\}$/.exec(
    body.slice(Math.max(at, 0)).trimEnd(),
  )?.[1]
  if (at < 0 || signature === undefined) return invalid('the body holds no signature and no header was given')
  return isSame(signature, `sha256=${hmac(key, `${body.slice(0, at)}}`, 'hex')}`)
    ? { valid: true, by: 'signature' }
    : invalid('the signature in the body does not match: the secret or the body is another one')
}

function invalid(because: string): Verdict {
  return { valid: false, because }
}

// Takes the same time wherever the two differ.
function isSame(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < b.length; i++) difference |= (a.charCodeAt(i) || 0) ^ b.charCodeAt(i)
  return difference === 0
}
