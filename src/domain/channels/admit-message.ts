import { stripInvisible } from '../prompts/strip-invisible.ts'
import type { ChannelAccess } from './access.ts'
import type { InboundMessage } from './channel.ts'

/** What becomes of a message: it is answered, its sender is offered a code, or it is left unanswered for a reason. */
export type Admission = 'answer' | 'pair' | IgnoredReason

/** Why a message is left unanswered. */
export type IgnoredReason =
  | 'bot'
  | 'empty'
  | 'dm_disabled'
  | 'not_in_allow_from'
  | 'groups_disabled'
  | 'room_not_listed'
  | 'not_addressed'
  | 'loop_guard'
  | 'pairing_pending'
  | 'too_many_pairings'

/** Decides who is answered, by the platform's ids alone. `isPaired` tells whether the sender was let in by a code. */
export function admitMessage(message: InboundMessage, access: ChannelAccess, isPaired: boolean): Admission {
  if (message.from.isBot) return 'bot'
  const refusal =
    message.kind === 'direct' ? directRefusal(message, access, isPaired) : roomRefusal(message, access)
  if (refusal !== undefined) return refusal
  return isBlank(message) ? 'empty' : 'answer'
}

function directRefusal(
  { from }: InboundMessage,
  { dmPolicy, allowFrom }: ChannelAccess,
  isPaired: boolean,
): Admission | undefined {
  if (dmPolicy === 'disabled') return 'dm_disabled'
  if (allowFrom.includes('*') || allowFrom.includes(from.id)) return undefined
  if (dmPolicy !== 'pairing') return 'not_in_allow_from'
  return isPaired ? undefined : 'pair'
}

function roomRefusal(message: InboundMessage, access: ChannelAccess): IgnoredReason | undefined {
  if (access.groupPolicy === 'disabled') return 'groups_disabled'
  const rule = ruleOf(message.roomId, access)
  if (rule === undefined && access.groupPolicy === 'allowlist') return 'room_not_listed'
  return (rule?.requireMention ?? true) && !message.isAddressed ? 'not_addressed' : undefined
}

function ruleOf(roomId: string | null, { rooms }: ChannelAccess) {
  if (roomId !== null && Object.hasOwn(rooms, roomId)) return rooms[roomId]
  return Object.hasOwn(rooms, '*') ? rooms['*'] : undefined
}

function isBlank({ text, quoted }: InboundMessage): boolean {
  return isInvisible(text) && quoted.every((quote) => isInvisible(quote.text))
}

// Zero-width characters alone are nothing that a model could be asked.
function isInvisible(text: string): boolean {
  return stripInvisible(text).trim() === ''
}
