import type { AuditActor } from '../audit/record.ts'
import type { ChannelName } from './channel.ts'
import type { ChannelStore } from './channel-store.ts'

/** What the verbs about pairings work with. */
export interface PairingParts {
  readonly store: { readonly channels: Pick<ChannelStore, 'pairings'> }
  readonly now: () => number
  /** Who the audit says did it. */
  readonly actor: AuditActor
}

/** Returns how the audit names somebody on a channel. */
export function pairingTarget(who: { readonly channel: ChannelName; readonly userId: string }): string {
  return `${who.channel}:${who.userId}`
}
