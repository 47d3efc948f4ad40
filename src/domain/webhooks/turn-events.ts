import type { Actor } from '../actor.ts'
import type { Usage } from '../conversations/conversation.ts'
import type { Outbox } from './outbox.ts'
import type { OutgoingEvent } from './webhook-store.ts'

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
  const created = (timestamp: string) => ({
    conversationId,
    channel,
    chatId,
    from: fromOf(actor),
    timestamp,
  })
  return [
    ...(isNew ? outbox.prepare('conversation.created', created) : []),
    ...outbox.prepare('message.received', (timestamp) => ({
      ...created(timestamp),
      messageId,
      content,
    })),
  ]
}

/** Returns what is told when a turn has come to its end: `message.sent`. `externalIds` are the platform's, none for the API. */
export function turnCompleted(
  outbox: Outbox,
  place: TurnPlace,
  reply: {
    readonly messageId: string
    readonly content: string
    readonly model: string
    readonly usage: Usage
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
    usage: { ...usage },
    externalIds,
    timestamp,
  }))
}

function fromOf(actor: Actor): { readonly id: string; readonly name: string } {
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
