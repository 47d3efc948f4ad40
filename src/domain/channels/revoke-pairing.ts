import { auditAction } from '../audit/record.ts'
import { GatewayError } from '../errors.ts'
import type { ChannelName } from './channel.ts'
import { type PairingParts, pairingTarget } from './pairing-parts.ts'

/** Forgets somebody who was let in by a code, or who waits: the next message is a stranger's. Throws `not_found`. */
export async function revokePairing(
  parts: PairingParts,
  input: { readonly channel: ChannelName; readonly userId: string },
): Promise<void> {
  const { channel, userId } = input
  const audit = auditAction('pairing.revoked', {
    at: parts.now(),
    actor: parts.actor,
    target: pairingTarget(input),
  })
  if (await parts.store.channels.pairings.revoke(channel, userId, audit)) return
  throw new GatewayError(
    'not_found',
    `Nobody with the id ${JSON.stringify(userId.slice(0, 64))} was let in on ${channel} by a code. List them: openclaw pairing list`,
  )
}
