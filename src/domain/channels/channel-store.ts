import type { AuditEntry } from '../audit/record.ts'
import type { Usage } from '../conversations/conversation.ts'
import type { KeyUse } from '../idempotency/key-store.ts'
import type { OutgoingEvent } from '../webhooks/webhook-store.ts'
import type { ChannelName, ChannelState, ChatRoute, InboundMessage, RenderedPart } from './channel.ts'

/** What is kept of channels. Every verb that writes is one commit and resolves when it is durable. */
export interface ChannelStore {
  readonly inbox: InboxStore
  readonly outbox: ChannelOutboxStore
  readonly pairings: PairingStore
  readonly chats: ChatStore
}

/** A chat of a channel. */
export interface Chat {
  readonly channel: ChannelName
  readonly chatId: string
}

/** A message as it is stored at receipt. */
export interface ReceivedMessage {
  readonly channel: ChannelName
  readonly message: InboundMessage
  /** The platform's own payload, bounded by the caller. */
  readonly raw: string
  /** `msg_…`, the same in every try to answer it. */
  readonly messageId: string
  readonly at: number
  /** Why it is not answered; nothing of it is kept then but its id. */
  readonly ignored?: string
  /** A stranger who is given a code, with the message that tells it. */
  readonly pairing?: { readonly request: PairingRequest; readonly notice: OutboundMessage }
}

/** A stored message that is not answered yet. */
export interface InboxRow {
  readonly key: number
  readonly message: InboundMessage
  readonly messageId: string
  /** Tries that have failed. */
  readonly tries: number
  /** Not to be tried before. */
  readonly dueAt: number
  /** An earlier try has stored the person's message as pending. */
  readonly isBegun: boolean
}

export interface InboxStore {
  /** Stores a message and the state with it. Resolves to false for a copy of one that is stored, whose state counts all the same. */
  receive(received: ReceivedMessage, state?: ChannelState): Promise<boolean>
  /** At most `limit` chats of a channel that have something to be answered, the longest waiting first. */
  waiting(channel: ChannelName, limit: number): Promise<readonly string[]>
  /** The oldest message of a chat that is not answered yet. */
  next(chat: Chat): Promise<InboxRow | undefined>
  /** Counts a failed try. */
  retry(key: number, dueAt: number): Promise<void>
  /** Ends a message without an answer: what a try has stored of it is marked failed, and the person is told. Does nothing for one that is over. */
  fail(failed: {
    readonly key: number
    readonly messageId: string
    readonly reason: string
    readonly at: number
    readonly notice: OutboundMessage
  }): Promise<void>
  /** Removes what is over since before, a bounded number a call. Resolves to how many rows went. */
  prune(finishedBefore: number): Promise<number>
}

/** What a message on its way is: a model's reply, an application's message, or a word of the gateway's own. */
export type OutboundKind = 'reply' | 'send' | 'notice'

/** A message on its way to a chat, ready to be stored. */
export interface OutboundMessage extends Chat {
  /** `msg_…`. */
  readonly id: string
  readonly kind: OutboundKind
  readonly route: ChatRoute
  readonly conversationId: string | null
  readonly parts: readonly (RenderedPart & { readonly nonce: string })[]
  readonly at: number
  /** When it is given up. */
  readonly giveUpAt: number
  readonly details: OutboundDetails
  /** The Idempotency-Key that it was sent with. */
  readonly key?: KeyUse
}

/** What the last commit of a message needs. */
export type OutboundDetails =
  | { readonly kind: 'reply'; readonly model: string; readonly usage: Usage }
  | {
      readonly kind: 'send'
      readonly content: string
      readonly from: { readonly id: string; readonly name: string }
      readonly metadata?: Readonly<Record<string, string>>
    }
  | { readonly kind: 'notice' }

/** The first part of a chat that is still to be posted, with its message. */
export interface OutboundRow extends Chat {
  readonly key: number
  readonly id: string
  readonly route: ChatRoute
  readonly conversationId: string | null
  readonly giveUpAt: number
  readonly details: OutboundDetails
  readonly part: RenderedPart & { readonly key: number; readonly nonce: string; readonly ordinal: number }
  readonly isLast: boolean
}

/** Where a message stands. */
export interface OutboundOutcome extends Chat {
  readonly id: string
  readonly status: 'waiting' | 'sent' | 'failed'
  /** Why it failed. */
  readonly reason: string | null
  readonly conversationId: string | null
  readonly externalIds: readonly string[]
  readonly finishedAt: number | null
}

/** What became of one part: the platform's id of it, or why it is left out. */
export type SettledPart = { readonly partKey: number; readonly at: number } & (
  | { readonly externalId: string }
  | { readonly refusal: string }
)

/** The end of a message that stands in its chat. */
export interface SentMessage {
  readonly row: OutboundRow
  readonly last: SettledPart
  readonly at: number
  /** For an application's message: it stands in the chat's conversation from now on. */
  readonly history?: {
    readonly conversation: { readonly id: string; readonly title: string; readonly isNew: boolean }
    readonly content: string
    readonly metadata?: Readonly<Record<string, string>>
  }
  readonly events: readonly OutgoingEvent[]
}

export interface ChannelOutboxStore {
  /** Stores a message that nothing else is stored with. Throws `conflict` where its id is taken. */
  add(message: OutboundMessage): Promise<void>
  /** At most `limit` chats of a channel that have something to be posted, the longest waiting first. */
  waiting(channel: ChannelName, limit: number): Promise<readonly string[]>
  /** The part of a chat that is next. */
  next(chat: Chat): Promise<OutboundRow | undefined>
  /** The platform's ids of a message's parts so far, in order. */
  externalIds(key: number): Promise<readonly string[]>
  /** Notes a part that is not the last one. */
  settle(settled: SettledPart): Promise<void>
  /** Notes the last part, and with it the message as sent. Throws `conflict` where the chat's conversation was opened or deleted meanwhile. */
  finish(sent: SentMessage): Promise<void>
  /** Gives a message up, with what stands of it already. Resolves to false for one that is over. */
  fail(id: string, reason: string, at: number): Promise<boolean>
  /** Where a message stands, by its id; kept for a week after its end. */
  find(id: string): Promise<OutboundOutcome | undefined>
  /** The text of a reply, undefined where its conversation was deleted. */
  replyText(id: string): Promise<string | undefined>
  /** Removes what is over since before, a bounded number a call. Resolves to how many rows went. */
  prune(finishedBefore: number): Promise<number>
}

/** A stranger who asks to be let in. */
export interface PairingRequest {
  readonly channel: ChannelName
  readonly userId: string
  readonly name: string
  readonly code: string
  readonly createdAt: number
  readonly expiresAt: number
  /** When the person is told the code. */
  readonly remindedAt: number
}

/** Somebody who asked, or who was let in: `code` stands until then. */
export interface Pairing {
  readonly channel: ChannelName
  readonly userId: string
  readonly name: string
  readonly code: string | null
  readonly createdAt: number
  readonly expiresAt: number | null
  /** When the person was last told the code. */
  readonly remindedAt: number | null
  readonly approvedAt: number | null
}

export interface PairingStore {
  /** Everybody who was let in, or whose code is good. */
  list(now: number): Promise<readonly Pairing[]>
  /** Cheap and synchronous inside: read at each message, so that a change of the CLI counts for the next one. */
  find(channel: ChannelName, userId: string): Promise<Pairing | undefined>
  /** How many codes of a channel are good. */
  pending(channel: ChannelName, now: number): Promise<number>
  /** Lets in whoever holds a code that is good. Resolves to false where nobody does. */
  approve(channel: ChannelName, code: string, at: number, audit: AuditEntry): Promise<boolean>
  /** Forgets somebody. Resolves to false where nobody of that id was let in or asked. */
  revoke(channel: ChannelName, userId: string, audit: AuditEntry): Promise<boolean>
  /** Forgets codes that have expired. */
  prune(now: number): Promise<number>
}

export interface ChatStore {
  /** The id of the conversation that belongs to a chat. */
  conversation(chat: Chat): Promise<string | undefined>
  /** The ids of at most 10,000 chats that a channel has a conversation with, the newest first, without those that do not want us. */
  known(channel: ChannelName): Promise<readonly string[]>
  /** Gives a chat another id, with its conversation (where the new one has none), its waiting messages and its mark. */
  move(channel: ChannelName, from: string, to: string): Promise<void>
  /** Marks a chat that does not want us, until a message stands there again. */
  close(chat: Chat, reason: string, at: number): Promise<void>
  /** What was remembered under a name. */
  recall(channel: ChannelName, name: string): Promise<string | undefined>
  remember(channel: ChannelName, state: ChannelState): Promise<void>
}
