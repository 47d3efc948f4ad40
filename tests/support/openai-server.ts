import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources/chat/completions'
import type { CompletionUsage } from 'openai/resources/completions'
import { checkOpenAiRequest, type Settings } from './provider-openai-rules.ts'
import {
  type Behaviour,
  fieldsOf,
  type ProviderServer,
  type RecordedRequest,
  type ServerDialect,
  type ServerEvent,
  startProviderServer,
} from './provider-server.ts'

/** What a fake OpenAI, or a server compatible with it, serves. */
export interface OpenAiServerOptions {
  /** The only key that is taken; null takes every request, as an Ollama does. */
  readonly apiKey?: string | null
  readonly models?: readonly OpenAiModel[]
  /** Answers 400 to `stream_options`, as some compatible servers do. */
  readonly refusesStreamOptions?: boolean
  /** Further fields of a row of `/models`, as OpenRouter (`context_length`) and vLLM (`max_model_len`) have them. */
  readonly modelFields?: Readonly<Record<string, unknown>>
}

/** A model of the fake, with its limits in tokens. */
export interface OpenAiModel {
  readonly id: string
  readonly contextWindow?: number
  readonly maxTokens?: number
  /** Wants `max_completion_tokens`, and no temperature but 1. */
  readonly isReasoning?: boolean
  /** Answers 400 to `tools`, as Ollama does for some models. */
  readonly withoutTools?: boolean
  /** Answers 400 to images. */
  readonly withoutImages?: boolean
  /** Answers 400 to a `response_format` with a schema. */
  readonly withoutSchemas?: boolean
  /** Unix seconds. */
  readonly created?: number
}

/** The key and the models of a fake that was not told others. */
export const openAiDefaults = {
  apiKey: 'sk-proj-fake-key-of-the-tests',
  models: [
    { id: 'gpt-4o-mini', contextWindow: 128_000, maxTokens: 16_384, created: 1_721_172_741 },
    { id: 'o4-mini', contextWindow: 200_000, maxTokens: 100_000, isReasoning: true, created: 1_744_225_351 },
    { id: 'next-model', contextWindow: 1000, maxTokens: 500, isReasoning: true, created: 1_790_000_000 },
  ],
} as const satisfies OpenAiServerOptions

/**
 * Starts a server that speaks OpenAI's Chat Completions API as strictly as the real one, over loopback. It refuses what that refuses, with
 * the same bodies, and sends the same sequences of chunks; its payloads are typed by the official SDK.
 */
export function startOpenAiServer(options: OpenAiServerOptions = {}): Promise<ProviderServer> {
  const settings: Settings = {
    apiKey: options.apiKey === undefined ? openAiDefaults.apiKey : options.apiKey,
    models: options.models ?? openAiDefaults.models,
    refusesStreamOptions: options.refusesStreamOptions ?? false,
    modelFields: options.modelFields ?? {},
  }
  const dialect: ServerDialect = {
    basePath: '/v1',
    check: (request) => checkOpenAiRequest(request, settings),
    wantsStream: (request) => fieldsOf(request.body).stream === true,
    events: eventsOf,
    plain: completionOf,
  }
  return startProviderServer(dialect)
}

const id = 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT'
const created = 1_790_000_000

function completionOf(request: RecordedRequest, behaviour: Behaviour): ChatCompletion {
  const content = piecesOf(behaviour).join('')
  const hasCalls = behaviour.toolCalls !== undefined
  return {
    id,
    object: 'chat.completion',
    created,
    model: modelOf(request),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: content === '' && hasCalls ? null : content,
          refusal: null,
          annotations: [],
          ...(hasCalls ? { tool_calls: callsOf(behaviour) } : {}),
        },
        logprobs: null,
        finish_reason: finishReasonOf(behaviour),
      },
    ],
    usage: usageOf(behaviour),
    service_tier: 'default',
  }
}

function eventsOf(request: RecordedRequest, behaviour: Behaviour): readonly ServerEvent[] {
  const wantsUsage = fieldsOf(fieldsOf(request.body).stream_options).include_usage === true
  const base = {
    id,
    object: 'chat.completion.chunk',
    created,
    model: modelOf(request),
    service_tier: 'default',
  } as const
  const chunk = (choice: Partial<ChatCompletionChunk.Choice>): ServerEvent => {
    const choices = [{ index: 0, delta: {}, logprobs: null, finish_reason: null, ...choice }]
    const whole: ChatCompletionChunk = { ...base, choices, ...(wantsUsage ? { usage: null } : {}) }
    return { data: JSON.stringify(whole) }
  }
  const texts: ServerEvent[] = piecesOf(behaviour).map((content) => ({
    ...chunk({ delta: { content } }),
    isText: true,
  }))
  if (behaviour.errorEvent !== undefined) {
    const { type, message } = behaviour.errorEvent
    texts.splice(Math.ceil(texts.length / 2), Infinity, {
      data: JSON.stringify({ error: { message, type, param: null, code: null } }),
    })
  }
  const last: ChatCompletionChunk = { ...base, choices: [], usage: usageOf(behaviour) }
  return [
    chunk({ delta: { role: 'assistant', content: '', refusal: null } }),
    ...texts,
    ...callDeltas(behaviour).map((toolCall) => chunk({ delta: { tool_calls: [toolCall] } })),
    chunk({ finish_reason: finishReasonOf(behaviour) }),
    ...(wantsUsage ? [{ data: JSON.stringify(last) }] : []),
    { data: '[DONE]' },
  ]
}

function usageOf(behaviour: Behaviour): CompletionUsage {
  const { inputTokens = 12, outputTokens = piecesOf(behaviour).length } = behaviour
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  }
}

function finishReasonOf(behaviour: Behaviour): ChatCompletion.Choice['finish_reason'] {
  const reasons = ['stop', 'length', 'tool_calls', 'content_filter', 'function_call'] as const
  const standard = behaviour.toolCalls === undefined ? 'stop' : 'tool_calls'
  return reasons.find((reason) => reason === behaviour.stopReason) ?? standard
}

function callsOf({ toolCalls = [] }: Behaviour): ChatCompletion.Choice['message']['tool_calls'] & object {
  return toolCalls.map(({ id, name, arguments: json }) => ({
    id,
    type: 'function',
    function: { name, arguments: json },
  }))
}

// First the name, then the arguments in two pieces.
function callDeltas({ toolCalls = [] }: Behaviour): readonly ChatCompletionChunk.Choice.Delta.ToolCall[] {
  return toolCalls.flatMap(({ id, name, arguments: json }, index) => {
    const half = Math.ceil(json.length / 2)
    return [
      { index, id, type: 'function' as const, function: { name, arguments: '' } },
      { index, function: { arguments: json.slice(0, half) } },
      { index, function: { arguments: json.slice(half) } },
    ]
  })
}

function modelOf(request: RecordedRequest): string {
  return String(fieldsOf(request.body).model)
}

function piecesOf(behaviour: Behaviour): readonly string[] {
  return behaviour.pieces ?? (behaviour.toolCalls === undefined ? ['Hello', ', ', 'world', '!'] : [])
}
