import type { FinishReason, Usage } from '../../domain/conversations/conversation.ts'
import { GatewayError } from '../../domain/errors.ts'
import type { ProviderEvent, ProviderTurn } from '../../domain/models/provider.ts'
import { parseAnswer } from '../answer.ts'
import type { StreamReader } from '../ask.ts'
import { brokenAnswer, failureInStream, type Identity } from '../failures.ts'
import { foreignErrorOf } from '../foreign-error.ts'
import { countOf, isRecord, type JsonRecord, recordsOf, textOf } from '../record.ts'
import { TextFrame } from '../text-frame.ts'

/** The body of `POST /v1/messages`, as far as the gateway uses it. */
export interface MessagesRequest {
  model: string
  max_tokens: number
  messages: { role: 'user' | 'assistant'; content: string }[]
  stream: boolean
  system?: string
  temperature?: number
}

/** Writes a turn as a request. Throws `invalid_request` for a temperature above 1, which this API does not have. */
export function messagesRequest(
  turn: ProviderTurn,
  maxTokensDefault: number,
  provider: string,
): MessagesRequest {
  const { temperature } = turn
  if (temperature !== undefined && temperature > 1) {
    throw new GatewayError(
      'invalid_request',
      `temperature must be at most 1 for the models of ${provider}, not ${temperature}.`,
      {
        details: { field: 'temperature' },
      },
    )
  }
  return {
    model: turn.model,
    max_tokens: turn.maxTokens ?? maxTokensDefault,
    messages: messagesOf(turn),
    stream: turn.stream,
    ...(turn.systemPrompt ? { system: turn.systemPrompt } : {}),
    ...(temperature === undefined ? {} : { temperature }),
  }
}

// The API wants the user to speak first. A conversation may begin with what the gateway was told to send, and history may be cut anywhere.
function messagesOf(turn: ProviderTurn): MessagesRequest['messages'] {
  const messages = turn.messages
    .filter((message) => message.content !== '')
    .map((message) => ({ role: message.role, content: message.content }))
  if (messages[0]?.role === 'assistant')
    messages.unshift({ role: 'user', content: '(The conversation begins here.)' })
  return messages
}

/** Reads a whole `Message`. Throws `provider_error` for anything else. */
export function readMessage(who: Identity, json: unknown): readonly ProviderEvent[] {
  if (!isRecord(json)) throw brokenAnswer(who, 'answered with JSON that is no message')
  if (json.type === 'error') throw failureInStream(who, foreignErrorOf(json))
  if (!Array.isArray(json.content)) throw brokenAnswer(who, 'answered with JSON that is no message')
  const finishReason = finishReasonOf(json.stop_reason)
  if (finishReason === undefined)
    throw brokenAnswer(who, 'answered without a stop reason, so its answer was cut short')
  let text = ''
  for (const block of recordsOf(json.content)) if (block.type === 'text') text += textOf(block, 'text') ?? ''
  const counts = new Counts()
  counts.add(json.usage)
  const events: ProviderEvent[] = text === '' ? [] : [{ type: 'text', text }]
  return [...events, finishOf(finishReason, counts.usage, textOf(json, 'model'))]
}

/** Makes a reader of the event sequence `message_start` … `message_stop`. Events that it does not know are passed over. */
export function createMessageReader(who: Identity): StreamReader {
  const counts = new Counts()
  const frame = new TextFrame()
  let model: string | undefined
  let finishReason: FinishReason | undefined
  const read = (data: string, out: ProviderEvent[]): void => {
    const framed = frame.read(data)
    if (framed !== undefined) {
      if (framed !== '') out.push({ type: 'text', text: framed })
      return
    }
    const event = parseAnswer(who, 'an event', data)
    if (!isRecord(event)) return
    switch (event.type) {
      case 'content_block_delta': {
        const text = textIn(event.delta, 'text_delta')
        if (text === undefined) return
        out.push({ type: 'text', text })
        frame.learn(data, text, deltaTextOf)
        return
      }
      case 'content_block_start': {
        const text = textIn(event.content_block, 'text')
        if (text !== undefined) out.push({ type: 'text', text })
        return
      }
      case 'message_start': {
        const message = event.message
        if (!isRecord(message)) return
        model = textOf(message, 'model')
        counts.add(message.usage)
        if (counts.usage !== undefined) out.push({ type: 'usage', usage: counts.usage })
        return
      }
      case 'message_delta':
        if (isRecord(event.delta)) finishReason = finishReasonOf(event.delta.stop_reason) ?? finishReason
        counts.add(event.usage)
        if (counts.usage !== undefined) out.push({ type: 'usage', usage: counts.usage })
        return
      case 'message_stop':
        if (finishReason === undefined) throw cutShort(who)
        out.push(finishOf(finishReason, counts.usage, model))
        return
      case 'error':
        throw failureInStream(who, foreignErrorOf(event))
    }
  }
  return {
    read,
    end: () => {
      throw cutShort(who)
    },
  }
}

function textIn(part: unknown, type: string): string | undefined {
  return isRecord(part) && part.type === type ? textOf(part, 'text') : undefined
}

function deltaTextOf(data: string): string | undefined {
  const event: unknown = JSON.parse(data)
  return isRecord(event) && event.type === 'content_block_delta'
    ? textIn(event.delta, 'text_delta')
    : undefined
}

function cutShort(who: Identity): GatewayError {
  return brokenAnswer(who, 'ended its answer without message_stop, so it was cut short')
}

function finishOf(
  finishReason: FinishReason,
  usage: Usage | undefined,
  model: string | undefined,
): ProviderEvent {
  return {
    type: 'finish',
    finishReason,
    ...(usage === undefined ? {} : { usage }),
    ...(model === undefined ? {} : { model }),
  }
}

const finishReasons: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  // The provider stopped in the middle of a long turn of its own and can be asked to go on, as after `max_tokens`.
  pause_turn: 'length',
  tool_use: 'tool_calls',
  refusal: 'refusal',
}

// A reason that is newer than this table is still a reason: the answer was not cut.
function finishReasonOf(reason: unknown): FinishReason | undefined {
  return typeof reason === 'string' ? (finishReasons[reason] ?? 'stop') : undefined
}

/** Sums up usage as it comes: what was read from and written to the prompt cache is input too; later counts replace earlier ones. */
class Counts {
  #input: number | undefined
  #output = 0

  add(usage: unknown): void {
    if (!isRecord(usage)) return
    this.#input = inputOf(usage) ?? this.#input
    this.#output = countOf(usage, 'output_tokens') ?? this.#output
  }

  get usage(): Usage | undefined {
    return this.#input === undefined ? undefined : { inputTokens: this.#input, outputTokens: this.#output }
  }
}

// `message_delta` repeats the input counts on some servers and leaves them out, or says 0, on others; a real input is never 0.
function inputOf(usage: JsonRecord): number | undefined {
  const sum =
    (countOf(usage, 'input_tokens') ?? 0) +
    (countOf(usage, 'cache_read_input_tokens') ?? 0) +
    (countOf(usage, 'cache_creation_input_tokens') ?? 0)
  return sum === 0 ? undefined : sum
}
