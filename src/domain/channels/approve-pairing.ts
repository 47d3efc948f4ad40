import { auditAction } from '../audit/record.ts'
import { GatewayError } from '../errors.ts'
import type { ChannelName } from './channel.ts'
import type { Pairing } from './channel-store.ts'
import { readPairingCode } from './pairing-code.ts'
import { type PairingParts, pairingTarget } from './pairing-parts.ts'

/**
 * Lets in who holds a code: the next message is answered. Throws `invalid_request` for what cannot be a code, and `not_found` where the
 * code is nobody's or has expired.
 */
export async function approvePairing(
  parts: PairingParts,
  input: { readonly channel: ChannelName; readonly code: string },
): Promise<Pairing> {
  const { channel } = input
  const code = readPairingCode(input.code)
  if (code === undefined) {
    throw new GatewayError(
      'invalid_request',
      'A pairing code has 8 characters of A-Z and 2-9, without I and O, as the bot has written it.',
      { details: { field: 'code' } },
    )
  }
  const at = parts.now()
  const { pairings } = parts.store.channels
  const asking = (await pairings.list(at)).find((one) => one.channel === channel && one.code === code)
  if (!asking) throw unknownCode(channel)
  const audit = auditAction('pairing.approved', { at, actor: parts.actor, target: pairingTarget(asking) })
  if (!(await pairings.approve(channel, code, at, audit))) throw unknownCode(channel)
  return { ...asking, code: null, expiresAt: null, approvedAt: at }
}

function unknownCode(channel: ChannelName): GatewayError {
  return new GatewayError(
    'not_found',
    `No pairing on ${channel} has this code, or it has expired. The person gets a new one by writing to the bot again.`,
  )
}
