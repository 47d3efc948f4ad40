import type { Actor } from '../actor.ts'
import type { Usage } from '../conversations/conversation.ts'
import { decimalOf, moneyOf } from '../usage/money.ts'
import type { EventData, Outbox } from './outbox.ts'
import type { OutgoingEvent } from './webhook-store.ts'

/** Who wrote, as events tell it. */
export interface Sender {
  readonly id: string
  readonly name: string
}

/** Where a turn happens. */
export interface TurnPlace {
  readonly conversationId: string
  readonly channel: string
  readonly chatId: string
}

/** Returns what is told when a turn begins: `conversation.created`, where it is new, and `message.received`. */
export function turnBegan(
  outbox: Outbox,
  place: TurnPlace,
  turn: {
    readonly messageId: string
    readonly content: string
    readonly actor: Actor
    readonly isNew: boolean
  },
): readonly OutgoingEvent[] {
  const { conversationId, channel, chatId } = place
  const { messageId, content, actor, isNew } = turn
  const from = fromOf(actor)
  return [
    ...(isNew ? conversationOpened(outbox, place, from) : []),
    ...outbox.prepare('message.received', (timestamp) => ({
      conversationId,
      channel,
      chatId,
      from: { ...from },
      timestamp,
      messageId,
      content,
    })),
  ]
}

/** Returns what is told when a conversation is opened, by its first message: `conversation.created`. */
export function conversationOpened(
  outbox: Outbox,
  { conversationId, channel, chatId }: TurnPlace,
  from: Sender,
): readonly OutgoingEvent[] {
  return outbox.prepare('conversation.created', (timestamp) => ({
    conversationId,
    channel,
    chatId,
    from: { ...from },
    timestamp,
  }))
}

/** Returns what is told when a turn has come to its end: `message.sent`. `externalIds` are the platform's, none for the API. */
export function turnCompleted(
  outbox: Outbox,
  place: TurnPlace,
  reply: {
    readonly messageId: string
    readonly content: string
    /** Null where an application wrote. */
    readonly model: string | null
    readonly usage: Usage | null
    readonly externalIds: readonly string[]
  },
): readonly OutgoingEvent[] {
  const { conversationId, channel, chatId } = place
  const { messageId, content, model, usage, externalIds } = reply
  return outbox.prepare('message.sent', (timestamp) => ({
    messageId,
    conversationId,
    channel,
    chatId,
    content,
    model,
    usage: usage === null ? null : eventUsage(usage),
    externalIds,
    timestamp,
  }))
}

// Events hold whole numbers only: a cost is told in decimal.
function eventUsage({ cost, ...usage }: Usage): EventData {
  return { ...usage, ...(cost === undefined ? {} : { cost: decimalOf(moneyOf(cost)) }) }
}

/** Returns who acts, as events tell it. */
export function fromOf(actor: Actor): Sender {
  switch (actor.type) {
    case 'token':
      return { id: actor.token.id, name: actor.token.name }
    case 'channel':
      return { id: actor.id, name: actor.name }
    case 'cli':
      return { id: 'cli', name: 'cli' }
    case 'worker':
      return { id: actor.name, name: actor.name }
  }
}
