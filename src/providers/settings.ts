/** A model that the config lists for a provider. Counts are tokens. */
export interface ConfiguredModel {
  readonly id: string
  readonly name?: string
  readonly contextWindow?: number
  readonly maxTokens?: number
  /** False where it can be given no tools. */
  readonly tools?: boolean
  /** What it can be shown. */
  readonly input?: readonly ('text' | 'image')[]
}

/** What one provider is made from: an entry of `models.providers` in the config, or one that was found in the environment. */
export interface ProviderSettings {
  /** What models are prefixed with, and what errors call it. */
  readonly name: string
  readonly api: 'anthropic-messages' | 'openai-completions' | 'demo'
  /** The provider's root as its own SDK takes it. Ignored by `demo`. */
  readonly baseUrl: string
  /** Several are used in turn. */
  readonly apiKey?: string | readonly string[]
  /** Where given, the only models on offer, and nobody is asked for a list. */
  readonly models?: readonly ConfiguredModel[]
  /** Sent with every request; they win over our own of the same name. */
  readonly headers?: Readonly<Record<string, string>>
  /** Which field carries the limit of an answer in `openai-completions`; by default chosen by the host. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens'
}
