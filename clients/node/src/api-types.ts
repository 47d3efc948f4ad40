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
  /** Makes `content` JSON that validates against the schema, and adds it parsed as `data`. */
  readonly responseFormat?: null | undefined | {
    readonly type: 'json_schema'
    /** JSON Schema, draft 2020-12 (or draft-07, where `$schema` says so), at most 64 KiB. Nothing is fetched for it, and `format` is not checked. */
    readonly schema: { readonly [key: string]: unknown }
    /** What the model knows the form by. Absent means `answer`. */
    readonly name?: null | undefined | string
  }
  /** Images that the model is shown with the message. The conversation keeps `[image]` for each. */
  readonly attachments?: null | undefined | readonly {
    readonly type: 'image'
    /** What `data` is. May be left out with `url`. */
    readonly mimeType?: null | undefined | 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'
    /** The image in base64, at most 5 MiB of bytes; `api.security.maxBodySize` counts too. */
    readonly data?: null | undefined | string
    /** In place of `data`: a public http(s) URL, which the gateway fetches. Redirects are not followed. */
    readonly url?: null | undefined | string
  }[]
  /** Skills to follow, by their names in GET /api/v1/skills. Absent lets the model choose among those that are switched on; an empty list means none. */
  readonly skills?: null | undefined | readonly string[]
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
  /** Tokens of the turn, and what they cost. */
  readonly usage: {
    readonly inputTokens: number
    readonly outputTokens: number
    /** True where the provider told nothing and the gateway counted by length. */
    readonly estimated?: boolean
    /** How many of the input were read from the provider's cache. */
    readonly cacheReadTokens?: number
    /** How many of the input were written to the provider's cache. */
    readonly cacheWriteTokens?: number
    /** In `models.currency`; only where the model's price is in the config. */
    readonly cost?: number
  }
  /** Milliseconds from the request's arrival to the reply's end. */
  readonly latency: number
  /** Why the reply ended. */
  readonly finishReason: 'stop' | 'length' | 'refusal' | 'tool_calls'
  readonly warnings?: readonly string[]
  /** The reply, parsed, where `responseFormat` was given and the reply validates. It counts also where the deltas of a stream say something else. */
  readonly data?: unknown
}

/** `start`, any number of `delta`, then exactly one of `done` and `error`. */
export type StreamEvent = {
  readonly type: 'start'
  readonly conversationId: string
  readonly messageId: string
  readonly model: string
} | {
  readonly type: 'delta'
  readonly content: string
} | {
  readonly type: 'done'
  readonly id: string
  /** Tokens of the turn, and what they cost. */
  readonly usage: {
    readonly inputTokens: number
    readonly outputTokens: number
    /** True where the provider told nothing and the gateway counted by length. */
    readonly estimated?: boolean
    /** How many of the input were read from the provider's cache. */
    readonly cacheReadTokens?: number
    /** How many of the input were written to the provider's cache. */
    readonly cacheWriteTokens?: number
    /** In `models.currency`; only where the model's price is in the config. */
    readonly cost?: number
  }
  /** Why the reply ended. */
  readonly finishReason: 'stop' | 'length' | 'refusal' | 'tool_calls'
  readonly latency: number
  readonly warnings?: readonly string[]
  /** The reply, parsed, where `responseFormat` was given and the reply validates. It counts also where the deltas of a stream say something else. */
  readonly data?: unknown
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
    /** How many of the input were read from the provider's cache. */
    readonly cacheReadTokens?: number
    /** How many of the input were written to the provider's cache. */
    readonly cacheWriteTokens?: number
    /** In `models.currency`; only where the model's price is in the config. */
    readonly cost?: number
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
      /** How many of the input were read from the provider's cache. */
      readonly cacheReadTokens?: number
      /** How many of the input were written to the provider's cache. */
      readonly cacheWriteTokens?: number
      /** In `models.currency`; only where the model's price is in the config. */
      readonly cost?: number
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
    /** False where the provider could not be asked for its models the last time, or is left alone for a while after failures. */
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
  /** False where the provider could not be asked for its models the last time, or is left alone for a while after failures. */
  readonly available: boolean
  /** True for exactly one row. */
  readonly default: boolean
}

export type Skill = {
  readonly name: string
  readonly description: string
  /** True where models are shown it by themselves. A bundled one takes part where it is named, too. */
  readonly enabled: boolean
  /** False where it cannot be used: `reason` says why. */
  readonly eligible: boolean
  readonly reason: string | null
  /** `bundled`, or the folder that holds it. */
  readonly source: string
}

export type UsageRow = {
  readonly key: string | null
  /** The name of the token, by `token` alone. */
  readonly name?: string
  /** Turns, those that failed or were left too. */
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** By the prices in the config, in `models.currency`. */
  readonly cost: number
  /** By the built-in list prices, in USD, of the turns whose model has no price in the config. */
  readonly estimatedCost: number
}

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
  readonly channels: { readonly [key: string]: {
    readonly status: 'connecting' | 'connected' | 'disconnected'
    readonly since: string
    readonly lastProofAt: string | null
    readonly lastError: string | null
    readonly remedy: string | null
    /** What is wrong and what to do, where it is not well. */
    readonly sentence?: string
  } }
  readonly models: {
    readonly status: 'ok' | 'degraded'
    /** What is wrong and what to do, where it is not well. */
    readonly sentence?: string
    readonly providers: readonly {
      readonly name: string
      /** `cooling`: left alone for a while, after turns that failed there. */
      readonly status: 'ok' | 'unknown' | 'failed' | 'cooling'
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
