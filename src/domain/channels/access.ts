import type { ChannelName } from './channel.ts'

/** Every channel that there is. */
export const channelNames: readonly ChannelName[] = ['telegram', 'discord', 'slack']

/** Who is answered on a channel, as the configuration has it. People and rooms stand by the platform's ids, never by name. */
export interface ChannelAccess {
  readonly name: ChannelName
  readonly dmPolicy: 'pairing' | 'allowlist' | 'open' | 'disabled'
  /** Ids of people; `*` is everybody. */
  readonly allowFrom: readonly string[]
  /** In which rooms the bot answers: the listed ones, all, or none. */
  readonly groupPolicy: 'allowlist' | 'open' | 'disabled'
  /** Rooms by id; `*` stands for all others. */
  readonly rooms: Readonly<Record<string, { readonly requireMention: boolean }>>
}
