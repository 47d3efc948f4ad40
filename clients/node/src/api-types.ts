// Made by `npm run reference` from the schemas that the gateway validates with. Do not edit.

export type ChatRequest = {
  /** What the user says, 1 to 100,000 characters. */
  readonly message: string
  /** Continues a conversation, or opens one under this id. Absent opens a new one. */
  readonly conversationId?: null | undefined | string
  /** A bare id or `provider/id` of GET /api/v1/models. Absent means the default. */
  readonly model?: null | undefined | string
  /** Stays with the conversation until another one replaces it. */
  readonly systemPrompt?: null | undefined | string
  /** The most tokens to answer with. */
  readonly maxTokens?: null | undefined | number
  /** 0 to 2; a model's own range can be narrower. */
  readonly temperature?: null | undefined | number
  /** Up to 16 pairs of strings, kept with the turn. */
  readonly metadata?: null | undefined | { readonly [key: string]: string }
}

export type ChatReply = {
  readonly id: string
  readonly conversationId: string
  readonly role: 'assistant'
  readonly content: string
  /** Who answered. */
  readonly model: string
  /** Tokens of the turn. */
  readonly usage: {
    readonly inputTokens: number
    readonly outputTokens: number
    /** True where the provider told nothing and the gateway counted by length. */
    readonly estimated?: boolean
  }
  /** Milliseconds from the request's arrival to the reply's end. */
  readonly latency: number
  /** Why the reply ended. */
  readonly finishReason: 'stop' | 'length' | 'refusal' | 'tool_calls'
  readonly warnings?: readonly string[]
}

/** `start`, any number of `delta`, then exactly one of `done` and `error`. */
export type StreamEvent =
  | {
      readonly type: 'start'
      readonly conversationId: string
      readonly messageId: string
      readonly model: string
    }
  | {
      readonly type: 'delta'
      readonly content: string
    }
  | {
      readonly type: 'done'
      readonly id: string
      /** Tokens of the turn. */
      readonly usage: {
        readonly inputTokens: number
        readonly outputTokens: number
        /** True where the provider told nothing and the gateway counted by length. */
        readonly estimated?: boolean
      }
      /** Why the reply ended. */
      readonly finishReason: 'stop' | 'length' | 'refusal' | 'tool_calls'
      readonly latency: number
      readonly warnings?: readonly string[]
    }

export type SendReply = {
  readonly id: string
  readonly conversationId: string
  readonly channel: string
  readonly chatId: string
  readonly status: 'sent'
  readonly externalIds: readonly string[]
  readonly timestamp: string
}

export type Conversation = {
  readonly id: string
  /** `api`, or the channel. */
  readonly channel: string
  /** The platform's chat; for `api` the conversation's own id. */
  readonly chatId: string
  /** Made from the first message. */
  readonly title: string
  readonly messageCount: number
  readonly createdAt: string
  readonly updatedAt: string
}

export type ConversationPage = {
  readonly data: readonly {
    readonly id: string
    /** `api`, or the channel. */
    readonly channel: string
    /** The platform's chat; for `api` the conversation's own id. */
    readonly chatId: string
    /** Made from the first message. */
    readonly title: string
    readonly messageCount: number
    readonly createdAt: string
    readonly updatedAt: string
  }[]
  /** Whether there are rows after this page. */
  readonly hasMore: boolean
  /** Pass it as `cursor` for the next page. */
  readonly nextCursor: string | null
}

export type Message = {
  readonly id: string
  readonly role: 'user' | 'assistant'
  readonly content: string
  readonly status: 'pending' | 'complete' | 'aborted' | 'failed'
  readonly model: string | null
  readonly usage: {
    readonly inputTokens: number
    readonly outputTokens: number
    /** True where the provider told nothing and the gateway counted by length. */
    readonly estimated?: boolean
  } | null
  readonly finishReason: 'stop' | 'length' | 'refusal' | 'tool_calls' | null
  readonly createdAt: string
}

export type MessagePage = {
  readonly id: string
  /** `api`, or the channel. */
  readonly channel: string
  /** The platform's chat; for `api` the conversation's own id. */
  readonly chatId: string
  /** Made from the first message. */
  readonly title: string
  readonly messageCount: number
  readonly createdAt: string
  readonly updatedAt: string
  readonly messages: readonly {
    readonly id: string
    readonly role: 'user' | 'assistant'
    readonly content: string
    readonly status: 'pending' | 'complete' | 'aborted' | 'failed'
    readonly model: string | null
    readonly usage: {
      readonly inputTokens: number
      readonly outputTokens: number
      /** True where the provider told nothing and the gateway counted by length. */
      readonly estimated?: boolean
    } | null
    readonly finishReason: 'stop' | 'length' | 'refusal' | 'tool_calls' | null
    readonly createdAt: string
  }[]
  /** Whether there are rows after this page. */
  readonly hasMore: boolean
  /** Pass it as `cursor` for the next page. */
  readonly nextCursor: string | null
}

export type ModelList = {
  readonly data: readonly {
    readonly id: string
    readonly provider: string
    readonly name: string
    readonly contextWindow: number | null
    readonly maxOutputTokens: number | null
    /** False where the provider could not be asked the last time. */
    readonly available: boolean
    /** True for exactly one row. */
    readonly default: boolean
  }[]
}

export type Model = {
  readonly id: string
  readonly provider: string
  readonly name: string
  readonly contextWindow: number | null
  readonly maxOutputTokens: number | null
  /** False where the provider could not be asked the last time. */
  readonly available: boolean
  /** True for exactly one row. */
  readonly default: boolean
}

export type Skill = {
  readonly name: string
  readonly description: string
  readonly enabled: boolean
  readonly eligible: boolean
  readonly reason: string | null
  readonly source: string
}

export type UsageRow = unknown

export type Health = {
  readonly status: 'ok'
  readonly version: string
  /** Seconds since the gateway was ready. */
  readonly uptime: number
}

export type HealthDetail = {
  readonly status: 'ok' | 'degraded'
  readonly version: string
  readonly uptime: number
  readonly channels: { readonly [key: string]: unknown }
  readonly models: {
    readonly status: 'ok' | 'degraded'
    /** What is wrong and what to do, where it is not well. */
    readonly sentence?: string
    readonly providers: readonly {
      readonly name: string
      readonly status: 'ok' | 'unknown' | 'failed'
      readonly models: number
      /** What is wrong and what to do, where it is not well. */
      readonly sentence?: string
    }[]
  }
  readonly store: {
    readonly status: 'ok' | 'degraded'
    readonly engine: string
    readonly queued: number
    /** What is wrong and what to do, where it is not well. */
    readonly sentence?: string
  }
  readonly webhooks: {
    readonly status: 'ok' | 'degraded'
    readonly endpoints: number
    /** What is wrong and what to do, where it is not well. */
    readonly sentence?: string
  }
  readonly memory: {
    readonly status: 'ok' | 'degraded'
    readonly rssBytes: number
    readonly heapUsedBytes: number
    /** What is wrong and what to do, where it is not well. */
    readonly sentence?: string
  }
  readonly eventLoop: {
    readonly status: 'ok' | 'degraded'
    /** 99th percentile of the delay since the last call. */
    readonly delayP99Ms: number
    /** What is wrong and what to do, where it is not well. */
    readonly sentence?: string
  }
}
