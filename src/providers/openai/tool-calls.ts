import type { ProviderEvent, ProviderThought } from '../../domain/models/provider.ts'
import { bodyBytesMax } from '../answer.ts'
import { brokenAnswer, type Identity } from '../failures.ts'
import { isRecord, type JsonRecord, recordsOf, textOf } from '../record.ts'

const callsMax = 128
// DeepSeek's, vLLM's and OpenRouter's names of what is thought; OpenAI itself tells nothing of it here.
const thoughtFields = ['reasoning_content', 'reasoning', 'reasoning_details']

/** The calls of tools in one answer, piece by piece, and what was thought before them. */
export class ToolCalls {
  readonly #who: Identity
  readonly #calls: Call[] = []
  readonly #tellsThoughts: boolean
  #reasoning = ''
  readonly #details: JsonRecord[] = []
  #characters = 0

  /** `tellsThoughts` yields what is thought as it comes, in the fields in which it came. */
  constructor(who: Identity, tellsThoughts = false) {
    this.#who = who
    this.#tellsThoughts = tellsThoughts
  }

  get size(): number {
    return this.#calls.length
  }

  /** Reads a message, or a stream's delta of one. */
  add(message: JsonRecord, out: ProviderEvent[]): void {
    if (this.#tellsThoughts) this.#tellThought(message, out)
    if (Array.isArray(message.tool_calls))
      for (const piece of recordsOf(message.tool_calls)) this.#addPiece(piece, out)
    // DeepSeek and OpenRouter want it back with the results of the calls, in one form or the other.
    const reasoning = textOf(message, 'reasoning_content')
    if (reasoning !== undefined) this.#reasoning += this.#counted(reasoning)
    if (Array.isArray(message.reasoning_details))
      for (const detail of recordsOf(message.reasoning_details)) {
        this.#counted(textOf(detail, 'text') ?? textOf(detail, 'data') ?? '')
        this.#details.push(detail)
      }
  }

  #tellThought(message: JsonRecord, out: ProviderEvent[]): void {
    const told = thoughtFields.filter((name) => message[name] !== undefined && message[name] !== null)
    const piece = Object.fromEntries(told.map((name) => [name, message[name]]))
    if (told.some((name) => message[name] !== '')) out.push({ type: 'thought', piece })
  }

  /** Appends each whole call, at the answer's end. */
  finish(out: ProviderEvent[]): void {
    for (const { id, name, json, extra } of this.#calls) {
      const call = { id, name, arguments: json, ...(extra === undefined ? {} : { extra }) }
      out.push({ type: 'tool_call', call })
    }
  }

  /** What was thought, to be given back to the same model with the results of its calls. */
  thoughtOf(model: string): ProviderThought | undefined {
    const value = {
      ...(this.#reasoning === '' ? {} : { reasoning_content: this.#reasoning }),
      ...(this.#details.length === 0 ? {} : { reasoning_details: this.#details }),
    }
    // A signature of a call is nobody else's either.
    const isSigned = this.#calls.some(({ extra }) => extra !== undefined)
    return Object.keys(value).length > 0 || isSigned ? { provider: this.#who.name, model, value } : undefined
  }

  #addPiece(piece: JsonRecord, out: ProviderEvent[]): void {
    const described = isRecord(piece.function) ? piece.function : {}
    const call = this.#callOf(piece, described)
    // Google signs what it thought before a call, and refuses the call without its signature.
    if (isRecord(piece.extra_content)) call.extra = { extra_content: piece.extra_content }
    // Some compatible servers send the arguments as an object.
    const json = isRecord(described.arguments)
      ? JSON.stringify(described.arguments)
      : (textOf(described, 'arguments') ?? '')
    call.json += this.#counted(json)
    const { index, id, name } = call
    out.push({ type: 'tool_call_delta', index, id, name, arguments: json })
  }

  // Pieces belong together by `index`. Servers that leave it out send each call whole, with an id or a name of its own.
  #callOf(piece: JsonRecord, described: JsonRecord): Call {
    const id = textOf(piece, 'id')
    const name = textOf(described, 'name')
    const known =
      typeof piece.index === 'number'
        ? this.#calls.find((call) => call.place === piece.index && (id === undefined || id === call.id))
        : id === undefined && name === undefined
          ? this.#calls.at(-1)
          : undefined
    if (known !== undefined) return known
    const index = this.#calls.length
    if (index === callsMax) throw brokenAnswer(this.#who, `called more than ${callsMax} tools at once`)
    const call: Call = { index, place: piece.index, id: id ?? `call_${index}`, name: name ?? '', json: '' }
    this.#calls.push(call)
    return call
  }

  #counted(text: string): string {
    this.#characters += text.length
    if (this.#characters > bodyBytesMax)
      throw brokenAnswer(this.#who, `answered with more than ${bodyBytesMax} characters`)
    return text
  }
}

interface Call {
  readonly index: number
  /** The server's own number of it. */
  readonly place: unknown
  readonly id: string
  readonly name: string
  json: string
  extra?: JsonRecord
}
