import type { FinishReason, Usage } from '../../domain/conversations/conversation.ts'
import type { GatewayError } from '../../domain/errors.ts'
import type { ProviderEvent, ProviderTurn } from '../../domain/models/provider.ts'
import { parseAnswer } from '../answer.ts'
import type { StreamReader } from '../ask.ts'
import { brokenAnswer, failureInStream, type Identity } from '../failures.ts'
import { foreignErrorOf } from '../foreign-error.ts'
import { countOf, isRecord, type JsonRecord, recordsOf, textOf } from '../record.ts'
import { TextFrame } from '../text-frame.ts'
import { Blocks } from './blocks.ts'

/** What a reader must know of the question. */
type Asked = Pick<ProviderTurn, 'model' | 'native'>

/** Reads a whole `Message` in answer to a turn. Throws `provider_error` for anything else. */
export function readMessage(who: Identity, json: unknown, turn?: Asked): readonly ProviderEvent[] {
  if (!isRecord(json)) throw brokenAnswer(who, 'answered with JSON that is no message')
  if (json.type === 'error') throw failureInStream(who, foreignErrorOf(json))
  if (!Array.isArray(json.content)) throw brokenAnswer(who, 'answered with JSON that is no message')
  const finishReason = finishReasonOf(json.stop_reason)
  if (finishReason === undefined)
    throw brokenAnswer(who, 'answered without a stop reason, so its answer was cut short')
  const blocks = new Blocks(who, isNative(turn))
  const said: ProviderEvent[] = []
  for (const [index, block] of recordsOf(json.content).entries()) {
    if (block.type === 'text') said.push({ type: 'text', text: textOf(block, 'text') ?? '' })
    else {
      blocks.start({ index, content_block: block }, said)
      blocks.stop({ index }, said)
    }
  }
  const counts = new Counts()
  counts.add(json.usage)
  const whole = said.filter((event) => event.type !== 'tool_call_delta')
  const events = isNative(turn) ? whole : textFirst(whole)
  return [...events, finishOf(finishReason, counts.usage, textOf(json, 'model'), blocks, turn)]
}

// One text and then the calls: only who thinks between them needs the order.
function textFirst(said: readonly ProviderEvent[]): readonly ProviderEvent[] {
  const text = said.map((event) => (event.type === 'text' ? event.text : '')).join('')
  const rest = said.filter((event) => event.type !== 'text')
  return text === '' ? rest : [{ type: 'text', text }, ...rest]
}

function isNative(turn: Asked | undefined): boolean {
  return turn?.native?.dialect === 'anthropic'
}

/** Makes a reader of the event sequence `message_start` … `message_stop`. Events that it does not know are passed over. */
export function createMessageReader(who: Identity, turn?: Asked): StreamReader {
  const counts = new Counts()
  const blocks = new Blocks(who, isNative(turn))
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
        if (text === undefined) {
          blocks.delta(event, out)
          return
        }
        out.push({ type: 'text', text })
        frame.learn(data, text, deltaTextOf)
        return
      }
      case 'content_block_start': {
        const text = textIn(event.content_block, 'text')
        if (text === undefined) blocks.start(event, out)
        else out.push({ type: 'text', text })
        return
      }
      case 'content_block_stop':
        blocks.stop(event, out)
        return
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
        out.push(finishOf(finishReason, counts.usage, model, blocks, turn))
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
  blocks: Blocks,
  turn: Asked | undefined,
): ProviderEvent {
  const thought = turn !== undefined && blocks.hasCalls ? blocks.thoughtOf(turn.model) : undefined
  return {
    type: 'finish',
    // The call of the answer's own tool is the answer, and it is at its end.
    finishReason: blocks.isAnswered && finishReason === 'tool_calls' ? 'stop' : finishReason,
    ...(usage === undefined ? {} : { usage }),
    ...(model === undefined ? {} : { model }),
    ...(thought === undefined ? {} : { thought }),
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
  #cached: Pick<Usage, 'cacheReadTokens' | 'cacheWriteTokens'> = {}
  #output = 0

  add(usage: unknown): void {
    if (!isRecord(usage)) return
    const input = inputOf(usage)
    if (input !== undefined) {
      this.#input = input
      this.#cached = cachedOf(usage)
    }
    this.#output = countOf(usage, 'output_tokens') ?? this.#output
  }

  get usage(): Usage | undefined {
    return this.#input === undefined
      ? undefined
      : { inputTokens: this.#input, outputTokens: this.#output, ...this.#cached }
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

function cachedOf(usage: JsonRecord): Pick<Usage, 'cacheReadTokens' | 'cacheWriteTokens'> {
  const read = countOf(usage, 'cache_read_input_tokens') ?? 0
  const write = countOf(usage, 'cache_creation_input_tokens') ?? 0
  return {
    ...(read > 0 ? { cacheReadTokens: read } : {}),
    ...(write > 0 ? { cacheWriteTokens: write } : {}),
  }
}
