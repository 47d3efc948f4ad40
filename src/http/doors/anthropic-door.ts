import type { FinishReason, Usage } from '../../domain/conversations/conversation.ts'
import { type GatewayError, statusOfCode } from '../../domain/errors.ts'
import type { JsonObject, ToolCall } from '../../domain/models/provider.ts'
import { contentOf, wordsIn } from './anthropic-content.ts'
import { anthropicQuestion } from './anthropic-question.ts'
import type { Door, DoorStream, DoorWriter } from './door.ts'

/** The Messages API, as Anthropic documents it (https://docs.anthropic.com/en/api/messages). */
export const anthropicDoor: Door = {
  example: { max_tokens: 1024, messages: [{ role: 'user', content: 'Hello' }] },
  question: anthropicQuestion,
  answer: ({ id, model, said, finishReason, usage }) => ({
    ...messageOf(id, model),
    content: contentOf(said, finishReason),
    stop_reason: reasonOf(finishReason),
    usage: usageOf(usage),
  }),
  stream: writer,
  error: errorOf,
}

function writer({ id, model }: DoorStream): DoorWriter {
  let index = -1
  let open: 'text' | 'thought' | 'tool' | undefined
  let openCall = -1
  let calls = 0
  let heldText = ''
  const streamed = new Set<number>()
  const close = (): string => {
    if (open === undefined) return ''
    open = undefined
    return frame('content_block_stop', { index })
  }
  const begin = (kind: 'text' | 'thought' | 'tool', block: object): string => {
    const closed = close()
    open = kind
    index++
    return `${closed}${frame('content_block_start', { index, content_block: block })}`
  }
  const beginCall = ({ id: callId, name }: Pick<ToolCall, 'id' | 'name'>): string =>
    begin('tool', { type: 'tool_use', id: callId, name, input: {} })
  const json = (piece: string): string =>
    piece === '' ? '' : delta({ type: 'input_json_delta', partial_json: piece })
  const delta = (piece: JsonObject): string => frame('content_block_delta', { index, delta: piece })
  const textBlock = (text: string): string => {
    const begun = open === 'text' ? '' : begin('text', { type: 'text', text: '' })
    return `${begun}${delta({ type: 'text_delta', text })}`
  }
  const thought = (piece: JsonObject): string => {
    if (piece.type === 'redacted_thinking') return begin('thought', piece)
    if (piece.type !== 'thinking') return open === 'thought' ? delta(piece) : ''
    // A server that was asked for a stream may give it whole all the same.
    const [thinking, signature] = [wordsIn(piece, 'thinking'), wordsIn(piece, 'signature')]
    const begun = begin('thought', { type: 'thinking', thinking: '', signature: '' })
    const said = thinking === '' ? '' : delta({ type: 'thinking_delta', thinking })
    return `${begun}${said}${signature === '' ? '' : delta({ type: 'signature_delta', signature })}`
  }
  // Ends a call; what was said in its middle comes after it.
  const endCall = (): string => {
    const text = heldText
    heldText = ''
    return `${close()}${text === '' ? '' : textBlock(text)}`
  }
  return {
    start: () =>
      frame('message_start', {
        message: { ...messageOf(id, model()), content: [], usage: { input_tokens: 0, output_tokens: 0 } },
      }),
    event(event) {
      switch (event.type) {
        case 'text':
          if (open !== 'tool') return textBlock(event.text)
          // A block cannot be gone on with after another.
          heldText += event.text
          return ''
        case 'thought':
          return thought(event.piece)
        case 'tool_call_delta': {
          const isNew = !streamed.has(event.index)
          // Blocks come one after another here: pieces of a call that is not the open one wait for its end.
          if (!isNew && event.index !== openCall) return ''
          if (isNew && open === 'tool') return ''
          const begun = isNew ? beginCall(event) : ''
          streamed.add(event.index)
          openCall = event.index
          return `${begun}${json(event.arguments)}`
        }
        case 'tool_call': {
          const at = calls++
          if (streamed.has(at)) return at === openCall ? endCall() : ''
          return `${beginCall(event.call)}${json(event.call.arguments)}${endCall()}`
        }
      }
    },
    done({ finishReason, usage }) {
      const end = { stop_reason: reasonOf(finishReason), stop_sequence: null }
      return `${endCall()}${close()}${frame('message_delta', { delta: end, usage: usageOf(usage) })}${frame('message_stop', {})}`
    },
    error: (error, requestId) =>
      `event: error\ndata: ${JSON.stringify(errorOf(error, statusOfCode[error.code], requestId))}\n\n`,
  }
}

function frame(type: string, rest: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`
}

function messageOf(id: string, model: string): object {
  return { id, type: 'message', role: 'assistant', model, stop_reason: null, stop_sequence: null }
}

// What the cache had a part in is no part of `input_tokens` in this API.
function usageOf({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Usage): object {
  if (cacheReadTokens === undefined && cacheWriteTokens === undefined)
    return { input_tokens: inputTokens, output_tokens: outputTokens }
  const [read, written] = [cacheReadTokens ?? 0, cacheWriteTokens ?? 0]
  return {
    input_tokens: Math.max(0, inputTokens - read - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    output_tokens: outputTokens,
  }
}

const reasons = {
  stop: 'end_turn',
  length: 'max_tokens',
  refusal: 'refusal',
  tool_calls: 'tool_use',
} as const

function reasonOf(reason: FinishReason): string {
  return reasons[reason]
}

function errorOf(error: GatewayError, status: number, requestId: string): object {
  return { type: 'error', error: { type: typeOf(status), message: error.message }, request_id: requestId }
}

function typeOf(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error'
    case 402:
      return 'billing_error'
    case 403:
      return 'permission_error'
    case 404:
      return 'not_found_error'
    case 413:
      return 'request_too_large'
    case 429:
      return 'rate_limit_error'
    case 503:
      return 'overloaded_error'
    case 504:
      return 'timeout_error'
    default:
      return status >= 500 ? 'api_error' : 'invalid_request_error'
  }
}
