import type { FinishReason, Usage } from '../../domain/conversations/conversation.ts'
import { type GatewayError, statusOfCode } from '../../domain/errors.ts'
import type { JsonObject, ToolCall } from '../../domain/models/provider.ts'
import type { Door, DoorStream, DoorWriter, Said } from './door.ts'
import { type OpenAiQuestion, openAiQuestion } from './openai-question.ts'

/** Chat Completions, as OpenAI documents it (https://platform.openai.com/docs/api-reference/chat). */
export const openAiDoor: Door<OpenAiQuestion> = {
  example: { messages: [{ role: 'user', content: 'Hello' }] },
  question: openAiQuestion,
  answer: ({ id, model, said, finishReason, usage, createdAt }) => ({
    id: completionId(id),
    object: 'chat.completion',
    created: seconds(createdAt),
    model,
    choices: [
      {
        index: 0,
        message: messageOf(said),
        logprobs: null,
        finish_reason: reasonOf(finishReason),
      },
    ],
    usage: usageOf(usage),
  }),
  stream: (stream, { includeUsage }) => writer(stream, includeUsage),
  error: errorOf,
}

function writer({ id, createdAt, model }: DoorStream, includeUsage: boolean): DoorWriter {
  const head = { id: completionId(id), object: 'chat.completion.chunk', created: seconds(createdAt) }
  const chunk = (delta: object, reason: string | null = null): string =>
    frame({
      ...head,
      model: model(),
      choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
      ...(includeUsage ? { usage: null } : {}),
    })
  const begun = new Set<number>()
  let calls = 0
  return {
    start: () => chunk({ role: 'assistant', content: '', refusal: null }),
    event(event) {
      switch (event.type) {
        case 'text':
          return chunk({ content: event.text })
        case 'thought':
          return chunk(event.piece)
        case 'tool_call_delta': {
          const { index, id: callId, name, arguments: piece } = event
          if (begun.has(index)) return chunk({ tool_calls: [{ index, function: { arguments: piece } }] })
          begun.add(index)
          const called = { name, arguments: piece }
          return chunk({ tool_calls: [{ index, id: callId, type: 'function', function: called }] })
        }
        case 'tool_call': {
          const index = calls++
          // Its pieces have told it, but for what the provider wants back beside it.
          if (begun.has(index)) {
            return event.call.extra === undefined
              ? ''
              : chunk({ tool_calls: [{ index, ...event.call.extra }] })
          }
          begun.add(index)
          return chunk({ tool_calls: [{ index, ...callOf(event.call) }] })
        }
      }
    },
    done({ finishReason, usage }) {
      const last = chunk({}, reasonOf(finishReason))
      const counts = includeUsage
        ? frame({ ...head, model: model(), choices: [], usage: usageOf(usage) })
        : ''
      return `${last}${counts}data: [DONE]\n\n`
    },
    error: (error) => frame(errorOf(error, statusOfCode[error.code])),
  }
}

function messageOf(said: readonly Said[]): object {
  const text = said.map((event) => (event.type === 'text' ? event.text : '')).join('')
  const calls = said.flatMap((event) => (event.type === 'tool_call' ? [callOf(event.call)] : []))
  const thoughts = said.flatMap((event) => (event.type === 'thought' ? [event.piece] : []))
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    refusal: null,
    ...thoughts.reduce(joined, {}),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}

// Pieces of a stream become one: texts and lists grow.
function joined(whole: JsonObject, piece: JsonObject): JsonObject {
  const grown = Object.entries(piece).map(([name, value]) => {
    const before = whole[name]
    if (typeof before === 'string' && typeof value === 'string') return [name, before + value]
    return [name, Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value]
  })
  return { ...whole, ...Object.fromEntries(grown) }
}

function frame(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

function completionId(id: string): string {
  return `chatcmpl-${id.slice(id.indexOf('_') + 1)}`
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}

function callOf({ id, name, arguments: given, extra }: ToolCall): object {
  return { id, type: 'function', function: { name, arguments: given }, ...extra }
}

function reasonOf(reason: FinishReason): string {
  return reason === 'refusal' ? 'content_filter' : reason
}

function usageOf({ inputTokens, outputTokens, cacheReadTokens }: Usage): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(cacheReadTokens === undefined ? {} : { prompt_tokens_details: { cached_tokens: cacheReadTokens } }),
  }
}

function errorOf(error: GatewayError, status: number): object {
  const { field } = error.details ?? {}
  return {
    error: {
      message: error.message,
      type: typeOf(status),
      param: typeof field === 'string' ? field : null,
      code: error.code === 'unauthorized' ? 'invalid_api_key' : error.code,
    },
  }
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  if (status === 429) return 'rate_limit_error'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}
