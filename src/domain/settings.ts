import type { ChannelAccess } from './channels/access.ts'
import type { PromptScreening } from './prompts/screen-prompt.ts'
import type { ModelPrice } from './usage/price.ts'
import type { WebhookEndpoint } from './webhooks/endpoint.ts'

/** What the domain needs of the configuration, in its own units. */
export interface Settings {
  readonly models: {
    /** `provider/id` or a bare id; null picks the first model found. */
    readonly default: string | null
    /** What a caller may ask for, and what is meant. Read before the built-in table of retired ids. */
    readonly aliases: Readonly<Record<string, string>>
    /** How often a model is asked again after a failure that may pass. */
    readonly retries: number
    /** Who is asked, in order, when the model asked for fails before its first token. */
    readonly fallbacks: readonly string[]
    readonly timeouts: ModelTimeouts
    /** The config's prices, by `provider/id`. */
    readonly prices: ReadonlyMap<string, ModelPrice>
    /** Of all prices and budgets, by ISO 4217. */
    readonly currency: string
  }
  readonly prompts: {
    readonly screening: PromptScreening
  }
  readonly conversations: {
    /** The most earlier messages that a model is shown. */
    readonly historyMessages: number
    /** How long a conversation is kept after its last message; null for ever. */
    readonly retentionDays: number | null
    /** Whether a model keeps a summary of what it is shown no longer. */
    readonly summarize: boolean
  }
  readonly usage: {
    /** How long the record of a turn is kept; at least 32, so that a budget's month is whole. */
    readonly retentionDays: number
  }
  /** Who is answered on each channel that is configured and enabled. */
  readonly channels: readonly ChannelAccess[]
  readonly webhooks: {
    /** Who is told of events. */
    readonly endpoints: readonly WebhookEndpoint[]
  }
}

/** Deadlines of one turn in milliseconds. */
export interface ModelTimeouts {
  readonly connectMs: number
  /** From the request until a stream's first token. */
  readonly firstTokenMs: number
  /** Between two chunks of a stream; pauses while the reader holds us back. */
  readonly idleMs: number
  /** A plain call in all; for a stream until its first token. */
  readonly totalMs: number
  /** A stream in all. */
  readonly streamMs: number
}
