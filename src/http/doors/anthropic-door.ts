import type { FinishReason, Usage } from '../../domain/conversations/conversation.ts'
import { type GatewayError, statusOfCode } from '../../domain/errors.ts'
import type { ToolCall } from '../../domain/models/provider.ts'
import { anthropicQuestion } from './anthropic-question.ts'
import type { Door, DoorStream, DoorWriter } from './door.ts'
import { isFields } from './fields.ts'

/** The Messages API, as Anthropic documents it (https://docs.anthropic.com/en/api/messages). */
export const anthropicDoor: Door = {
  question: anthropicQuestion,
  answer: ({ id, model, text, toolCalls, finishReason, usage }) => ({
    ...messageOf(id, model),
    content: [
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...toolCalls.map(({ id: callId, name, arguments: given }) => ({
        type: 'tool_use',
        id: callId,
        name,
        input: inputOf(given),
      })),
    ],
    stop_reason: reasonOf(finishReason),
    usage: usageOf(usage),
  }),
  stream: writer,
  error: errorOf,
}

function writer({ id, model }: DoorStream): DoorWriter {
  let index = -1
  let open: 'text' | 'tool' | undefined
  let openCall = -1
  let calls = 0
  let heldText = ''
  const streamed = new Set<number>()
  const close = (): string => {
    if (open === undefined) return ''
    open = undefined
    return frame('content_block_stop', { index })
  }
  const begin = (kind: 'text' | 'tool', block: object): string => {
    const closed = close()
    open = kind
    index++
    return `${closed}${frame('content_block_start', { index, content_block: block })}`
  }
  const beginCall = ({ id: callId, name }: Pick<ToolCall, 'id' | 'name'>): string =>
    begin('tool', { type: 'tool_use', id: callId, name, input: {} })
  const json = (piece: string): string =>
    piece === ''
      ? ''
      : frame('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: piece } })
  const textBlock = (text: string): string => {
    const begun = open === 'text' ? '' : begin('text', { type: 'text', text: '' })
    return `${begun}${frame('content_block_delta', { index, delta: { type: 'text_delta', text } })}`
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
      const delta = { stop_reason: reasonOf(finishReason), stop_sequence: null }
      return `${endCall()}${close()}${frame('message_delta', { delta, usage: usageOf(usage) })}${frame('message_stop', {})}`
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

function usageOf({ inputTokens, outputTokens }: Usage): object {
  return { input_tokens: inputTokens, output_tokens: outputTokens }
}

function inputOf(json: string): unknown {
  try {
    const input: unknown = JSON.parse(json === '' ? '{}' : json)
    return isFields(input) ? input : {}
  } catch {
    return {}
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
