import type { Visibility } from './actor.ts'
import type { AuditEntry, AuditLink } from './audit/record.ts'
import type { Seal } from './audit/seal.ts'
import type { ChannelStore, OutboundMessage } from './channels/channel-store.ts'
import type { SummaryStore } from './chat/summary-store.ts'
import type {
  Conversation,
  FinishReason,
  Message,
  MessageStatus,
  Usage,
} from './conversations/conversation.ts'
import type { RetentionStore } from './conversations/retention-store.ts'
import type { AnsweredKey, KeyStore } from './idempotency/key-store.ts'
import type { CountedRequests } from './limits/rate-limiter.ts'
import type { Token, TokenSecret } from './tokens/token.ts'
import type { UsageRecord, UsageStore } from './usage/usage-store.ts'
import type { OutgoingEvent, WebhookStore } from './webhooks/webhook-store.ts'

/**
 * What the domain needs kept. Every verb that writes is one batch of statements that commits or fails as one, and resolves only when
 * it is durable. Verbs throw `GatewayError` (`internal_error` with a sentence about the disk or the file, `conflict`, `not_found`).
 */
export interface Store {
  readonly conversations: ConversationStore
  readonly turns: TurnStore
  readonly tokens: TokenStore
  readonly audit: AuditStore
  readonly limits: LimitStore
  readonly webhooks: WebhookStore
  readonly channels: ChannelStore
  readonly usage: UsageStore
  readonly keys: KeyStore
  readonly summaries: SummaryStore
  readonly retention: RetentionStore
  health(): StoreHealth
  /** Commits what is queued, closes the files, resolves when nothing is left. Idempotent. */
  close(): Promise<void>
}

/** How the store is. `sentence` says what is wrong and what to do, where `status` is not `ok`. */
export interface StoreHealth {
  readonly status: 'ok' | 'degraded'
  readonly engine: string
  readonly sentence?: string
  /** Batches queued or being written. */
  readonly queued: number
}

/** A page of conversations, newest first by creation. */
export interface ListConversations {
  readonly visibility: Visibility
  readonly channel?: string
  /** 1 to 100. */
  readonly limit: number
  /** Only those made before the conversation with this key, the `key` of a row of the page before. */
  readonly beforeKey?: number
}

/** A row with the store's own order key, from which a cursor is made. */
export interface Keyed<T> {
  readonly key: number
  readonly value: T
}

/** A message with the bytes of its text in UTF-8. */
export interface SizedMessage extends Keyed<Message> {
  readonly bytes: number
}

export interface ConversationStore {
  find(id: string): Promise<Conversation | undefined>
  /** At most `limit` rows. */
  list(query: ListConversations): Promise<readonly Keyed<Conversation>[]>
  /**
   * At most `limit` messages, oldest first, after the one with key `afterKey`, up to the one by whose text they pass `bytesMax` in all, but
   * not fewer than two for that. An unknown conversation gives none.
   */
  messages(
    conversationId: string,
    page: { readonly limit: number; readonly afterKey?: number; readonly bytesMax?: number },
  ): Promise<readonly SizedMessage[]>
  /**
   * The newest messages that later turns may see, newest first, at most `messagesMax`: the complete ones, and aborted replies that
   * hold text. Failed, pending and unanswered ones are left out.
   */
  history(conversationId: string, messagesMax: number): Promise<readonly HistoryMessage[]>
  /** Deletes a conversation and its messages. Resolves to false where there was none. */
  delete(id: string): Promise<boolean>
}

/** What a model is shown of an earlier message. */
export interface HistoryMessage {
  /** The store's own order of messages. */
  readonly key: number
  readonly role: 'user' | 'assistant'
  readonly content: string
}

/** The first commit of a turn: the conversation, where it is new, and the user's message as pending. */
export interface BeginTurn {
  readonly conversation: {
    readonly id: string
    readonly channel: string
    readonly chatId: string
    readonly owner: string | null
    readonly title: string
    /** Undefined leaves what stands. */
    readonly systemPrompt?: string
    /** True where it must not exist yet; an existing one then throws `conflict`. */
    readonly isNew: boolean
  }
  readonly messageId: string
  readonly content: string
  /** Up to 16 string pairs, kept with the turn. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly at: number
  /** The key of the channel's message that this turn answers: it is noted as begun. */
  readonly inboxKey?: number
  /** What webhooks are told, kept with the turn or not at all. */
  readonly events?: readonly OutgoingEvent[]
}

/** The second commit of a turn: what became of it. */
export interface FinishTurn {
  readonly conversationId: string
  readonly userMessageId: string
  readonly userStatus: Exclude<MessageStatus, 'pending'>
  /** Absent where no word of a reply came. */
  readonly reply?: {
    readonly id: string
    readonly content: string
    readonly status: Exclude<MessageStatus, 'pending'>
    readonly finishReason: FinishReason | null
  }
  readonly model: string
  readonly provider: string
  readonly usage: Usage
  readonly latencyMs: number
  readonly at: number
  /** The call's record, kept with the turn or not at all. */
  readonly audit?: AuditEntry
  /** What webhooks are told, kept with the turn or not at all. */
  readonly events?: readonly OutgoingEvent[]
  /** Takes the channel's message out of the inbox, once, and puts the reply on its way to the chat. */
  readonly answer?: { readonly inboxKey: number; readonly outbound: OutboundMessage }
  /** What the turn has used and cost. */
  readonly billed?: readonly UsageRecord[]
  /** The caller's Idempotency-Key with the answer that the caller is about to get. */
  readonly answered?: AnsweredKey
}

/** A turn's end may be handed over before its beginning is stored: the two keep their order, or are stored as one. */
export interface TurnStore {
  begin(turn: BeginTurn): Promise<void>
  /** Throws `conflict` where the conversation was deleted meanwhile. */
  finish(turn: FinishTurn): Promise<void>
  /**
   * Marks turns that a crash left pending as failed, but those of channels, which are answered again; called once, before the gateway
   * listens. Resolves to how many.
   */
  recover(at: number): Promise<number>
}

/** Each change takes the record of itself, which is kept with it or not at all. */
export interface TokenStore {
  /** A number that every change of a token, also by another process, raises. Synchronous and cheap: asked on every request, read at most once in a turn of the event loop. */
  epoch(): number
  /** All tokens made by the CLI, revoked ones too, and the hashes of revoked config tokens. */
  load(): Promise<{ readonly tokens: readonly Token[]; readonly deniedHashes: readonly string[] }>
  /** Throws `conflict` where a live token has that name. */
  create(token: Token, audit?: AuditEntry): Promise<void>
  /**
   * Adds a secret, lets all older ones of that token expire at `oldExpiresAt`, and the token itself at `expiresAt`, where that is given
   * (null for never). Throws `not_found`.
   */
  rotate(
    tokenId: string,
    secret: TokenSecret,
    oldExpiresAt: number,
    expiresAt?: number | null,
    audit?: AuditEntry,
  ): Promise<void>
  /** Throws `not_found`. Revoking a revoked one changes nothing. */
  revoke(tokenId: string, at: number, audit?: AuditEntry): Promise<void>
  /** Refuses a config token's secret from now on. */
  denyHash(hash: string, at: number, audit?: AuditEntry): Promise<void>
  /** Notes when tokens were last used. Does not raise the epoch. */
  touch(uses: readonly { readonly tokenId: string; readonly at: number }[]): Promise<void>
}

/** The hash-chained audit. What it gives back is what stands in the file: verification tells whether anybody changed it. */
export interface AuditStore {
  /** Appends records in this order: each takes the next sequence number, and the hash of itself and the one before it. */
  append(entries: readonly AuditEntry[]): Promise<void>
  /** Where the chain stands, how far retention has removed it, and the newest checkpoint. */
  state(): Promise<ChainState & { readonly lastCheckpoint: Seal | undefined }>
  /** At most `limit` links after that sequence, oldest first, with the chain's state at the same moment. */
  oldest(page: {
    readonly afterSequence: number
    readonly limit: number
  }): Promise<ChainState & { readonly links: readonly AuditLink[] }>
  /** Looks down from `beforeSequence` in one step of bounded time. */
  newest(query: NewestAudit): Promise<{
    /** At most `limit`, newest first. */
    readonly links: readonly AuditLink[]
    /** What lies below this was not looked at. */
    readonly lookedDownTo: number
  }>
  /** At most `limit` checkpoints after that sequence, oldest first. */
  checkpoints(page: { readonly afterSequence: number; readonly limit: number }): Promise<readonly Seal[]>
  /** Keeps a checkpoint; or keeps an anchor and removes all records and checkpoints that it stands for. */
  seal(seal: Seal): Promise<void>
}

/** Where the chain stands: its end, and the anchor in the place of what retention has removed. */
export interface ChainState {
  readonly head: { readonly sequence: number; readonly hash: string }
  readonly anchor: Seal | undefined
}

/** Which links to look for, between two sequences. */
export interface NewestAudit {
  readonly beforeSequence: number
  readonly fromSequence: number
  readonly limit: number
  /** Name or id of the actor. */
  readonly actor?: string
  readonly status?: { readonly from: number; readonly to: number }
  /** Milliseconds since the epoch. */
  readonly since?: number
}

export interface LimitStore {
  /** Keeps what was counted, in the place of what was kept before. */
  save(counted: CountedRequests): Promise<void>
  /** Returns what was kept, and forgets it. */
  take(): Promise<CountedRequests>
  /** What the audit records say was taken from limits since then, with the sum of all tokens under the empty key. Bounded work. */
  ofRecords(since: number): Promise<CountedRequests>
}
