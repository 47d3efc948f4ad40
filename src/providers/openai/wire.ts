import type { FinishReason, Usage } from '../../domain/conversations/conversation.ts'
import type { GatewayError } from '../../domain/errors.ts'
import type { ProviderEvent, ProviderTurn } from '../../domain/models/provider.ts'
import { parseAnswer } from '../answer.ts'
import type { StreamReader } from '../ask.ts'
import { brokenAnswer, failureInStream, type Identity } from '../failures.ts'
import { foreignErrorOf } from '../foreign-error.ts'
import { countOf, isRecord, type JsonRecord, recordsOf, textOf } from '../record.ts'
import { TextFrame } from '../text-frame.ts'

/** The body of `POST /chat/completions`, as far as the gateway uses it. */
export interface CompletionRequest {
  model: string
  messages: { role: 'system' | 'user' | 'assistant'; content: string }[]
  stream: boolean
  max_tokens?: number
  max_completion_tokens?: number
  temperature?: number
  stream_options?: { include_usage: true }
}

/** Writes a turn as a request. */
export function completionRequest(
  turn: ProviderTurn,
  maxTokensField: 'max_tokens' | 'max_completion_tokens',
): CompletionRequest {
  const { systemPrompt, messages, maxTokens, temperature } = turn
  return {
    model: turn.model,
    messages: [
      ...(systemPrompt ? [{ role: 'system' as const, content: systemPrompt }] : []),
      ...messages.map((message) => ({ role: message.role, content: message.content })),
    ],
    stream: turn.stream,
    ...(maxTokens === undefined ? {} : { [maxTokensField]: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    // Without it a stream tells no usage at all.
    ...(turn.stream ? { stream_options: { include_usage: true as const } } : {}),
  }
}

/** Reads a whole `chat.completion`. Throws `provider_error` for anything else. */
export function readCompletion(who: Identity, json: unknown): readonly ProviderEvent[] {
  if (!isRecord(json)) throw brokenAnswer(who, 'answered with JSON that is no completion')
  if (json.error) throw failureInStream(who, foreignErrorOf(json))
  const [choice] = recordsOf(json.choices)
  const message = choice?.message
  if (choice === undefined || !isRecord(message))
    throw brokenAnswer(who, 'answered with JSON that is no completion')
  const reading = new Reading(who)
  const out: ProviderEvent[] = []
  reading.addText(message, out)
  reading.addReason(choice.finish_reason)
  reading.addUsage(json.usage)
  reading.model = textOf(json, 'model')
  out.push(reading.finish())
  return out
}

/** Makes a reader of a stream of `chat.completion.chunk`s up to `[DONE]`, or to its clean end once a finish reason was told. */
export function createCompletionReader(who: Identity): StreamReader {
  const reading = new Reading(who)
  const frame = new TextFrame()
  const read = (data: string, out: ProviderEvent[]): void => {
    const framed = frame.read(data)
    if (framed !== undefined) {
      if (framed !== '') out.push({ type: 'text', text: framed })
      return
    }
    if (data === '[DONE]') {
      out.push(reading.finish())
      return
    }
    const chunk = parseAnswer(who, 'an event', data)
    if (!isRecord(chunk)) return
    reading.addChunk(chunk, out)
    const [said] = out
    if (out.length === 1 && said?.type === 'text') frame.learn(data, said.text, chunkTextOf)
  }
  return { read, end: (out) => out.push(reading.finish()) }
}

// Only the plain text of a chunk counts here: a refusal must be read in full each time.
function chunkTextOf(data: string): string | undefined {
  const chunk: unknown = JSON.parse(data)
  const choice = isRecord(chunk) ? firstChoiceOf(chunk) : undefined
  return choice !== undefined && isRecord(choice.delta) ? textOf(choice.delta, 'content') : undefined
}

function firstChoiceOf(chunk: JsonRecord): JsonRecord | undefined {
  const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined
  return isRecord(choice) ? choice : undefined
}

/** What is known so far of one answer. */
class Reading {
  readonly #who: Identity
  model: string | undefined
  #finishReason: FinishReason | undefined
  #usage: Usage | undefined
  #isRefusal = false

  constructor(who: Identity) {
    this.#who = who
  }

  addChunk(chunk: JsonRecord, out: ProviderEvent[]): void {
    if (chunk.error) throw failureInStream(this.#who, foreignErrorOf(chunk))
    this.model ??= textOf(chunk, 'model')
    const choice = firstChoiceOf(chunk)
    if (choice !== undefined) {
      if (isRecord(choice.delta)) this.addText(choice.delta, out)
      this.addReason(choice.finish_reason)
    }
    const usage = this.addUsage(chunk.usage)
    if (usage !== undefined) out.push({ type: 'usage', usage })
  }

  /** What a model thinks (`reasoning_content`, `reasoning`) is no part of its answer; a refusal is. */
  addText(message: JsonRecord, out: ProviderEvent[]): void {
    const content = message.content
    if (typeof content === 'string') {
      if (content !== '') out.push({ type: 'text', text: content })
    } else if (content !== undefined && content !== null) {
      for (const part of recordsOf(content)) {
        const text = part.type === 'text' ? textOf(part, 'text') : undefined
        if (text !== undefined) out.push({ type: 'text', text })
      }
    }
    const refusal = textOf(message, 'refusal')
    if (refusal === undefined) return
    this.#isRefusal = true
    out.push({ type: 'text', text: refusal })
  }

  addReason(reason: unknown): void {
    if (typeof reason !== 'string' || reason === '') return
    if (brokenReasons.has(reason))
      throw failureInStream(this.#who, { code: reason, message: `it stopped with ${reason}` })
    this.#finishReason = finishReasons[reason] ?? 'stop'
  }

  addUsage(usage: unknown): Usage | undefined {
    if (!isRecord(usage)) return undefined
    const inputTokens = countOf(usage, 'prompt_tokens')
    const outputTokens = countOf(usage, 'completion_tokens')
    if (inputTokens === undefined || outputTokens === undefined) return undefined
    this.#usage = { inputTokens, outputTokens }
    return this.#usage
  }

  finish(): ProviderEvent {
    if (this.#finishReason === undefined) throw this.#cutShort()
    const finishReason = this.#isRefusal ? 'refusal' : this.#finishReason
    return {
      type: 'finish',
      finishReason,
      ...(this.#usage === undefined ? {} : { usage: this.#usage }),
      ...(this.model === undefined ? {} : { model: this.model }),
    }
  }

  #cutShort(): GatewayError {
    return brokenAnswer(this.#who, 'ended its answer without a finish_reason, so it was cut short')
  }
}

// A reason that is newer than this table is still a reason: the answer was not cut.
const finishReasons: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  // Mistral's word for a full context.
  model_length: 'length',
  content_filter: 'refusal',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
}

// Reasons by which OpenRouter, vLLM and DeepSeek say that the answer is not whole.
const brokenReasons: ReadonlySet<string> = new Set(['error', 'abort', 'insufficient_system_resource'])
