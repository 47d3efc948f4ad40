import type { Usage } from '../conversations/conversation.ts'
import type { Chat, OutboundMessage } from './channel-store.ts'

/** The channel's message that a turn answers; its row moves with the turn's commits. */
export interface InboundTurn extends Chat {
  readonly inboxKey: number
  /** Fixed at receipt: every try is about the same message. */
  readonly messageId: string
  /** An earlier try has stored the message as pending, and told of it. */
  readonly isBegun: boolean
  /** The person's own words, as webhooks are told them. */
  readonly ownText: string
  /** What the system prompt says of where the message comes from. It does not stay with the conversation. */
  readonly systemNote: string
  /** Returns the reply ready to be stored on its way to the chat. */
  outgoing(reply: {
    readonly id: string
    readonly conversationId: string
    readonly content: string
    readonly model: string
    readonly usage: Usage
    readonly at: number
  }): OutboundMessage
}
