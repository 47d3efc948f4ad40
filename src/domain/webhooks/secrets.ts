import type { WebhookEndpoint } from './endpoint.ts'
import type { HmacSha256 } from './sign.ts'
import type { EndpointState } from './webhook-store.ts'

const rotationMs = 24 * 60 * 60 * 1000
const markDigits = 16

/** Returns a mark by which a secret is known again and from which it cannot be read. */
export function secretMark(secret: string, hmac: HmacSha256): string {
  return hmac(Buffer.from(secret), 'previous secret', 'hex').slice(0, markDigits)
}

/** Returns the replaced secrets that still sign: the previous one for 24 hours from when the gateway first saw it in that place. */
export function validPreviousSecrets(
  { previousSecret }: WebhookEndpoint,
  state: EndpointState | undefined,
  now: number,
  hmac: HmacSha256,
): readonly string[] {
  if (previousSecret === null) return []
  const isNoted = state?.previousSecret === secretMark(previousSecret, hmac)
  const since = (isNoted ? state?.previousSecretSince : null) ?? now
  return now < since + rotationMs ? [previousSecret] : []
}
