import type { Visibility } from './actor.ts'
import type {
  Conversation,
  FinishReason,
  Message,
  MessageStatus,
  Usage,
} from './conversations/conversation.ts'
import type { Token, TokenSecret } from './tokens/token.ts'

/**
 * What the domain needs kept. Every verb that writes is one batch of statements that commits or fails as one, and resolves only when
 * it is durable. Verbs throw `GatewayError` (`internal_error` with a sentence about the disk or the file, `conflict`, `not_found`).
 */
export interface Store {
  readonly conversations: ConversationStore
  readonly turns: TurnStore
  readonly tokens: TokenStore
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

export interface ConversationStore {
  find(id: string): Promise<Conversation | undefined>
  /** At most `limit` rows. */
  list(query: ListConversations): Promise<readonly Keyed<Conversation>[]>
  /** At most `limit` messages, oldest first, after the one with key `afterKey`. An unknown conversation gives none. */
  messages(
    conversationId: string,
    page: { readonly limit: number; readonly afterKey?: number },
  ): Promise<readonly Keyed<Message>[]>
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
}

export interface TurnStore {
  begin(turn: BeginTurn): Promise<void>
  /** Throws `conflict` where the conversation was deleted meanwhile. */
  finish(turn: FinishTurn): Promise<void>
  /** Marks turns that a crash left pending as failed; called once, before the gateway listens. Resolves to how many. */
  recover(at: number): Promise<number>
}

export interface TokenStore {
  /** A number that every change of a token, also by another process, raises. Synchronous and cheap: read on every request. */
  epoch(): number
  /** All tokens made by the CLI, revoked ones too, and the hashes of revoked config tokens. */
  load(): Promise<{ readonly tokens: readonly Token[]; readonly deniedHashes: readonly string[] }>
  /** Throws `conflict` where a live token has that name. */
  create(token: Token): Promise<void>
  /**
   * Adds a secret, lets all older ones of that token expire at `oldExpiresAt`, and the token itself at `expiresAt`, where that is given
   * (null for never). Throws `not_found`.
   */
  rotate(tokenId: string, secret: TokenSecret, oldExpiresAt: number, expiresAt?: number | null): Promise<void>
  /** Throws `not_found`. Revoking a revoked one changes nothing. */
  revoke(tokenId: string, at: number): Promise<void>
  /** Refuses a config token's secret from now on. */
  denyHash(hash: string, at: number): Promise<void>
  /** Notes when tokens were last used. Does not raise the epoch. */
  touch(uses: readonly { readonly tokenId: string; readonly at: number }[]): Promise<void>
}
