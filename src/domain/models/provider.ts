import type { FinishReason, Usage } from '../conversations/conversation.ts'

/** A model as a provider offers it. */
export interface ModelInfo {
  readonly id: string
  /** For people; the id where the provider tells none. */
  readonly name: string
  /** Tokens, or null where nobody tells. */
  readonly contextWindow: number | null
  /** Tokens, or null where nobody tells. */
  readonly maxOutputTokens: number | null
}

/** One message as a provider is shown it. */
export interface ProviderMessage {
  readonly role: 'user' | 'assistant'
  readonly content: string
}

/** One question to a model. */
export interface ProviderTurn {
  /** The provider's own id of the model, without the provider's name. */
  readonly model: string
  readonly systemPrompt?: string
  /** Oldest first; the last one is the user's. */
  readonly messages: readonly ProviderMessage[]
  /** The most tokens to answer with; absent leaves it to the provider's or the dialect's default. */
  readonly maxTokens?: number
  /** 0 to 2. A provider whose model takes none leaves it out and says so in `warning`. */
  readonly temperature?: number
  /** True asks for a stream; false for one plain answer, which is yielded as one `text`. */
  readonly stream: boolean
  /** Milliseconds to connect in, after which `provider_timeout` is thrown. */
  readonly connectTimeoutMs: number
}

/** What a provider yields. `finish` is the last one; a generator that ends without it was cut, and must throw instead. */
export type ProviderEvent =
  | { readonly type: 'text'; readonly text: string }
  /** Running counts, as soon as they are known, so that an aborted turn is accounted for. */
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'warning'; readonly warning: string }
  /** `usage` is absent where the provider told nothing. `model` is what the provider says answered. */
  | {
      readonly type: 'finish'
      readonly finishReason: FinishReason
      readonly usage?: Usage
      readonly model?: string
    }

/**
 * A provider of models. Both verbs stop at once when `signal` aborts, rejecting with its reason, and release their socket. They throw
 * `GatewayError`: `provider_error`, `provider_unavailable` (with `retryAfterSeconds`), `provider_timeout`, `model_not_found`, and
 * `invalid_request` for what is the caller's own content. No message holds a key.
 */
export interface ModelProvider {
  readonly name: string
  /** The models on offer. From the config where it lists them, else asked of the provider. */
  models(signal: AbortSignal): Promise<readonly ModelInfo[]>
  /** Asks for one answer. Must pull from the socket only as fast as it is pulled from. */
  stream(turn: ProviderTurn, signal: AbortSignal): AsyncGenerator<ProviderEvent, void, undefined>
  /** Closes idle connections. */
  close(): Promise<void>
}
