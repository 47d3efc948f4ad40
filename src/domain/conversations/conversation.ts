/** Where a turn, or a message of it, stands. */
export type MessageStatus = 'pending' | 'complete' | 'aborted' | 'failed'

/** Who wrote a message. */
export type MessageRole = 'user' | 'assistant'

/** Why a reply ended. */
export type FinishReason = 'stop' | 'length' | 'refusal' | 'tool_calls'

/** Tokens of one turn. `estimated` where the provider told nothing and the gateway counted by length. */
export interface Usage {
  /** Cached ones included. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly estimated?: boolean
  /** How many of the input were read from the provider's cache, where it tells of any. */
  readonly cacheReadTokens?: number
  /** How many of the input were written to the provider's cache, where it tells of any. */
  readonly cacheWriteTokens?: number
  /** In `models.currency`, where the config has the model's price. */
  readonly cost?: number
}

/** A conversation without its messages. Times are milliseconds since the epoch. */
export interface Conversation {
  readonly id: string
  /** `api`, or the channel's name. */
  readonly channel: string
  /** The platform's chat id; for `api` the conversation's own id. */
  readonly chatId: string
  /** The token that opened it, or null where a channel owns it. */
  readonly owner: string | null
  /** Made from the first message, at most 80 characters. */
  readonly title: string
  readonly systemPrompt: string | null
  readonly messageCount: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** One message of a conversation. Times are milliseconds since the epoch. */
export interface Message {
  readonly id: string
  readonly role: MessageRole
  readonly content: string
  readonly status: MessageStatus
  /** Who answered, for a reply. */
  readonly model: string | null
  readonly usage: Usage | null
  readonly finishReason: FinishReason | null
  readonly createdAt: number
}
