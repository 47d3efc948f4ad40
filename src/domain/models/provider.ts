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
  /** Whether it can be given tools; absent where nobody tells. */
  readonly tools?: boolean
  /** Whether it can be shown images; absent where nobody tells. */
  readonly images?: boolean
}

/** One message as a provider is shown it; `content` is all of its text. */
export type ProviderMessage = UserMessage | AssistantMessage | ToolMessage

/** What a user says. */
export interface UserMessage {
  readonly role: 'user'
  readonly content: string
  /** Text and images in their order, where it is not `content` alone. */
  readonly parts?: readonly MessagePart[]
}

/** What a model said. */
export interface AssistantMessage {
  readonly role: 'assistant'
  /** May be empty where there are calls. */
  readonly content: string
  /** Each must be answered by a `ToolMessage` right after this one. */
  readonly toolCalls?: readonly ToolCall[]
  /** As the `finish` of this message gave it. */
  readonly thought?: ProviderThought
  /** What a provider of the question's `native` dialect is sent beside it as it stands. */
  readonly extra?: JsonObject
}

/** What a tool answered to one call. */
export interface ToolMessage {
  readonly role: 'tool'
  readonly toolCallId: string
  readonly content: string
  /** True where the tool failed; `content` then says why. */
  readonly isError?: boolean
}

/** The kinds of images that models take. */
export type ImageType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'

/** A piece of a user's message; `data` is base64. */
export type MessagePart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly mimeType: ImageType; readonly data: string }
  /** An image that the provider itself fetches. */
  | { readonly type: 'image_url'; readonly url: string }

/** A JSON Schema, or another JSON object that is handed on as it stands. */
export type JsonObject = Readonly<Record<string, unknown>>

/** A tool that a model may call. */
export interface Tool {
  /** `[A-Za-z0-9_-]{1,64}`. */
  readonly name: string
  readonly description?: string
  /** The JSON Schema of its arguments, an object's. */
  readonly parameters: JsonObject
  readonly strict?: boolean
}

/** Whether a model may, must or must not call a tool, or which one it must. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string }

/** One call of a tool by a model. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  /** JSON as the model wrote it: unchecked, and perhaps none. */
  readonly arguments: string
  /** What the provider wants back beside the call as it stands, such as Google's signature of a thought. */
  readonly extra?: JsonObject
}

/** What a model thought before its calls, in its provider's own form: given back to the same model of the same provider, and to no other. */
export interface ProviderThought {
  readonly provider: string
  readonly model: string
  readonly value: unknown
}

/** The form that an answer must have. */
export interface ResponseFormat {
  readonly type: 'json_schema'
  /** `[A-Za-z0-9_-]{1,64}`. */
  readonly name: string
  readonly schema: JsonObject
}

/** What the caller of a door wrote in one dialect. */
export interface NativeQuestion {
  readonly dialect: 'anthropic' | 'openai'
  /** Members that a provider of that dialect is sent as they stand, in the place of those made of the turn. */
  readonly fields: JsonObject
  /** The field that no other dialect can say, so that a provider of another one refuses the turn. */
  readonly only?: string
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
  readonly tools?: readonly Tool[]
  /** Absent means `auto`. Counts only where there are tools. */
  readonly toolChoice?: ToolChoice
  /** True where a model that can be given no tools may answer without them; it says `tools_ignored` in `warning`. */
  readonly toolsAreOptional?: boolean
  /** False allows one call an answer at most. */
  readonly parallelToolCalls?: boolean
  /** Asked for by the provider's own means, else by an instruction: the answer is text that is likely, not certain, to have the form. */
  readonly responseFormat?: ResponseFormat
  /** Fields that a provider of that dialect is sent as they stand, under those that it writes itself. */
  readonly extra?: { readonly openai: JsonObject; readonly anthropic: JsonObject }
  /** Whose own form the question came in. A provider of that dialect yields `thought`, and keeps the order of what it says. */
  readonly native?: NativeQuestion
  /** True asks for a stream; false for one plain answer, which is yielded as one `text`. */
  readonly stream: boolean
  /** Milliseconds to connect in, after which `provider_timeout` is thrown. */
  readonly connectTimeoutMs: number
}

/** What a provider yields. `finish` is the last one; a generator that ends without it was cut, and must throw instead. */
export type ProviderEvent =
  | { readonly type: 'text'; readonly text: string }
  /** A piece of what the model thinks, in the form of the dialect that the turn is `native` to. */
  | { readonly type: 'thought'; readonly piece: JsonObject }
  /** Running counts, as soon as they are known, so that an aborted turn is accounted for. */
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'warning'; readonly warning: string }
  /** A piece of a call in a stream: `index` counts the answer's calls from 0, the first piece of each may be empty. */
  | {
      readonly type: 'tool_call_delta'
      readonly index: number
      readonly id: string
      readonly name: string
      readonly arguments: string
    }
  /** A whole call, before `finish`, streamed or not. */
  | { readonly type: 'tool_call'; readonly call: ToolCall }
  /** `usage` is absent where the provider told nothing. `model` is what the provider says answered. */
  | {
      readonly type: 'finish'
      readonly finishReason: FinishReason
      readonly usage?: Usage
      readonly model?: string
      /** Belongs into the `AssistantMessage` that this answer becomes, where it has calls. */
      readonly thought?: ProviderThought
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
