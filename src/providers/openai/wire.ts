import type { FinishReason, Usage } from '../../domain/conversations/conversation.ts'
import type { GatewayError } from '../../domain/errors.ts'
import type { ProviderEvent, ProviderTurn } from '../../domain/models/provider.ts'
import { parseAnswer } from '../answer.ts'
import type { StreamReader } from '../ask.ts'
import { brokenAnswer, failureInStream, type Identity } from '../failures.ts'
import { foreignErrorOf } from '../foreign-error.ts'
import { countOf, isRecord, type JsonRecord, recordsOf, textOf } from '../record.ts'
import { TextFrame } from '../text-frame.ts'
import { ToolCalls } from './tool-calls.ts'

/** What a reader must know of the question. */
type Asked = Pick<ProviderTurn, 'model' | 'native'>

/** Reads a whole `chat.completion` in answer to a turn. Throws `provider_error` for anything else. */
export function readCompletion(who: Identity, json: unknown, turn?: Asked): readonly ProviderEvent[] {
  if (!isRecord(json)) throw brokenAnswer(who, 'answered with JSON that is no completion')
  if (json.error) throw failureInStream(who, foreignErrorOf(json))
  const [choice] = recordsOf(json.choices)
  const message = choice?.message
  if (choice === undefined || !isRecord(message))
    throw brokenAnswer(who, 'answered with JSON that is no completion')
  const reading = new Reading(who, turn)
  const said: ProviderEvent[] = []
  reading.addMessage(message, said)
  reading.addReason(choice.finish_reason)
  reading.addUsage(json.usage)
  reading.model = textOf(json, 'model')
  const out = said.filter((event) => event.type !== 'tool_call_delta')
  reading.finish(out)
  return out
}

/** Makes a reader of a stream of `chat.completion.chunk`s up to `[DONE]`, or to its clean end once a finish reason was told. */
export function createCompletionReader(who: Identity, turn?: Asked): StreamReader {
  const reading = new Reading(who, turn)
  const frame = new TextFrame()
  const read = (data: string, out: ProviderEvent[]): void => {
    const framed = frame.read(data)
    if (framed !== undefined) {
      if (framed !== '') out.push({ type: 'text', text: framed })
      return
    }
    if (data === '[DONE]') {
      reading.finish(out)
      return
    }
    const chunk = parseAnswer(who, 'an event', data)
    if (!isRecord(chunk)) return
    reading.addChunk(chunk, out)
    const [said] = out
    if (out.length === 1 && said?.type === 'text') frame.learn(data, said.text, chunkTextOf)
  }
  return { read, end: (out) => reading.finish(out) }
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
  readonly #turn: Asked | undefined
  readonly #calls: ToolCalls
  model: string | undefined
  #finishReason: FinishReason | undefined
  #usage: Usage | undefined
  #isRefusal = false

  constructor(who: Identity, turn: Asked | undefined) {
    this.#who = who
    this.#turn = turn
    this.#calls = new ToolCalls(who, turn?.native?.dialect === 'openai')
  }

  addChunk(chunk: JsonRecord, out: ProviderEvent[]): void {
    if (chunk.error) throw failureInStream(this.#who, foreignErrorOf(chunk))
    this.model ??= textOf(chunk, 'model')
    const choice = firstChoiceOf(chunk)
    if (choice !== undefined) {
      if (isRecord(choice.delta)) this.addMessage(choice.delta, out)
      this.addReason(choice.finish_reason)
    }
    const usage = this.addUsage(chunk.usage)
    if (usage !== undefined) out.push({ type: 'usage', usage })
  }

  addMessage(message: JsonRecord, out: ProviderEvent[]): void {
    this.#addText(message, out)
    this.#calls.add(message, out)
  }

  /** What a model thinks (`reasoning_content`, `reasoning`) is no part of its answer; a refusal is. */
  #addText(message: JsonRecord, out: ProviderEvent[]): void {
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
    this.#usage = { inputTokens, outputTokens, ...cachedOf(usage, inputTokens) }
    return this.#usage
  }

  finish(out: ProviderEvent[]): void {
    if (this.#finishReason === undefined) throw this.#cutShort()
    this.#calls.finish(out)
    const hasCalls = this.#calls.size > 0
    const thought = hasCalls && this.#turn !== undefined ? this.#calls.thoughtOf(this.#turn.model) : undefined
    out.push({
      type: 'finish',
      finishReason: this.#isRefusal ? 'refusal' : reasonOf(this.#finishReason, hasCalls),
      ...(this.#usage === undefined ? {} : { usage: this.#usage }),
      ...(this.model === undefined ? {} : { model: this.model }),
      ...(thought === undefined ? {} : { thought }),
    })
  }

  #cutShort(): GatewayError {
    return brokenAnswer(this.#who, 'ended its answer without a finish_reason, so it was cut short')
  }
}

// They are part of `prompt_tokens`.
function cachedOf(
  { prompt_tokens_details: details }: JsonRecord,
  inputTokens: number,
): Pick<Usage, 'cacheReadTokens'> {
  const read = isRecord(details) ? (countOf(details, 'cached_tokens') ?? 0) : 0
  return read > 0 && read <= inputTokens ? { cacheReadTokens: read } : {}
}

// Google and Ollama say `stop` after a call.
function reasonOf(reason: FinishReason, hasCalls: boolean): FinishReason {
  return hasCalls && reason === 'stop' ? 'tool_calls' : reason
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
