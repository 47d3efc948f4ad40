import type { ProviderEvent, ProviderThought } from '../../domain/models/provider.ts'
import { bodyBytesMax } from '../answer.ts'
import { brokenAnswer, type Identity } from '../failures.ts'
import { isRecord, type JsonRecord, recordsOf, textOf } from '../record.ts'

/** The tool whose call is the answer, where its form is asked for by a tool. */
export const answerTool = 'give_structured_answer'

/** What a model thought, as the API gives it and takes it back. */
export type ThoughtBlock =
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'redacted_thinking'; data: string }

/** Returns the thoughts of an earlier answer as they came. */
export function thoughtsIn(value: unknown): readonly ThoughtBlock[] {
  return recordsOf(value).map(thoughtOf)
}

function thoughtOf(block: JsonRecord): ThoughtBlock {
  const [thinking = '', signature = ''] = [textOf(block, 'thinking'), textOf(block, 'signature')]
  return block.type === 'redacted_thinking'
    ? { type: 'redacted_thinking', data: textOf(block, 'data') ?? '' }
    : { type: 'thinking', thinking, signature }
}

const callsMax = 128

/** The blocks of one answer that are no text: calls of tools, and what was thought before them. A call of the answer's own tool is text. */
export class Blocks {
  readonly #who: Identity
  readonly #open = new Map<unknown, Block>()
  readonly #thoughts: ThoughtBlock[] = []
  readonly #tellsThoughts: boolean
  #calls = 0
  #characters = 0
  #isAnswered = false

  /** `tellsThoughts` yields what is thought as it comes: the blocks as they begin, and their deltas. */
  constructor(who: Identity, tellsThoughts = false) {
    this.#who = who
    this.#tellsThoughts = tellsThoughts
  }

  /** True where the model was asked to answer by a tool, and did. */
  get isAnswered(): boolean {
    return this.#isAnswered
  }

  get hasCalls(): boolean {
    return this.#calls > 0
  }

  /** What was thought, to be given back to the same model with the results of its calls. */
  thoughtOf(model: string): ProviderThought | undefined {
    return this.#thoughts.length === 0
      ? undefined
      : { provider: this.#who.name, model, value: this.#thoughts }
  }

  /** `content_block_start`. */
  start({ index, content_block: block }: JsonRecord, out: ProviderEvent[]): void {
    if (!isRecord(block)) return
    if (this.#tellsThoughts && (block.type === 'redacted_thinking' || block.type === 'thinking'))
      out.push({ type: 'thought', piece: { ...thoughtOf(block) } })
    if (block.type === 'redacted_thinking') this.#thoughts.push(thoughtOf(block))
    else if (block.type === 'thinking') this.#open.set(index, new Thinking(block))
    else if (block.type === 'tool_use') {
      const call = this.#callOf(block)
      this.#open.set(index, call)
      if (call.name === answerTool) this.#isAnswered = true
      else out.push(deltaOf(call, ''))
    }
  }

  /** `content_block_delta` of anything but text. */
  delta({ index, delta }: JsonRecord, out: ProviderEvent[]): void {
    const open = this.#open.get(index)
    if (open === undefined || !isRecord(delta)) return
    if (open instanceof Thinking) {
      open.add(delta)
      this.#count(textOf(delta, 'thinking'))
      if (this.#tellsThoughts) out.push({ type: 'thought', piece: delta })
      return
    }
    const json = textOf(delta, 'partial_json')
    if (json === undefined) return
    this.#count(json)
    open.written += json
    out.push(open.name === answerTool ? { type: 'text', text: json } : deltaOf(open, json))
  }

  /** `content_block_stop`. */
  stop({ index }: JsonRecord, out: ProviderEvent[]): void {
    const open = this.#open.get(index)
    this.#open.delete(index)
    if (open === undefined) return
    if (open instanceof Thinking) {
      this.#thoughts.push(open.block)
      return
    }
    // Compatible servers may send the whole input with the block's start.
    const rest = open.written === '' ? open.input : ''
    if (open.name === answerTool) {
      if (rest !== '') out.push({ type: 'text', text: rest })
      return
    }
    if (rest !== '{}' && rest !== '') out.push(deltaOf(open, rest))
    const { id, name } = open
    out.push({ type: 'tool_call', call: { id, name, arguments: open.written || rest } })
  }

  #callOf(block: JsonRecord): Call {
    if (++this.#calls > callsMax) throw brokenAnswer(this.#who, `called more than ${callsMax} tools at once`)
    const index = this.#calls - 1
    const input = JSON.stringify(isRecord(block.input) ? block.input : {})
    return {
      index,
      id: textOf(block, 'id') ?? `toolu_${index}`,
      name: textOf(block, 'name') ?? '',
      input,
      written: '',
    }
  }

  #count(text = ''): void {
    this.#characters += text.length
    if (this.#characters > bodyBytesMax)
      throw brokenAnswer(this.#who, `answered with more than ${bodyBytesMax} characters`)
  }
}

type Block = Call | Thinking

interface Call {
  readonly index: number
  readonly id: string
  readonly name: string
  /** What came with the start of the block, as JSON. */
  readonly input: string
  written: string
}

class Thinking {
  #thinking: string
  #signature: string

  constructor(block: JsonRecord) {
    this.#thinking = textOf(block, 'thinking') ?? ''
    this.#signature = textOf(block, 'signature') ?? ''
  }

  add(delta: JsonRecord): void {
    this.#thinking += textOf(delta, 'thinking') ?? ''
    this.#signature += textOf(delta, 'signature') ?? ''
  }

  get block(): ThoughtBlock {
    return { type: 'thinking', thinking: this.#thinking, signature: this.#signature }
  }
}

function deltaOf({ index, id, name }: Call, json: string): ProviderEvent {
  return { type: 'tool_call_delta', index, id, name, arguments: json }
}
