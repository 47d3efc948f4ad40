import type { FinishReason } from '../../domain/conversations/conversation.ts'
import type { JsonObject } from '../../domain/models/provider.ts'
import type { Said } from './door.ts'
import { isFields } from './fields.ts'

/** Makes the blocks of a plain answer, in the order in which they were said. */
export function contentOf(said: readonly Said[], finishReason: FinishReason): readonly object[] {
  const blocks: Block[] = []
  // The token limit may have cut a call before its first argument.
  const cut = finishReason === 'length' ? said.at(-1) : undefined
  for (const event of said) {
    const last = blocks.at(-1)
    switch (event.type) {
      case 'text':
        if (last?.type === 'text') last.text += event.text
        else if (event.text !== '') blocks.push({ type: 'text', text: event.text })
        break
      case 'thought':
        addThought(blocks, event.piece)
        break
      case 'tool_call': {
        const { id, name, arguments: given } = event.call
        blocks.push({ type: 'tool_use', id, name, input: inputOf(given, event === cut) })
        break
      }
    }
  }
  return blocks
}

type Block =
  | { type: 'text'; text: string }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'redacted_thinking'; data: string }
  | { type: 'tool_use'; id: string; name: string; input: unknown }

// A thought comes whole, or as the pieces of a stream.
function addThought(blocks: Block[], piece: JsonObject): void {
  const last = blocks.at(-1)
  const [thinking, signature] = [wordsIn(piece, 'thinking'), wordsIn(piece, 'signature')]
  switch (piece.type) {
    case 'thinking':
      blocks.push({ type: 'thinking', thinking, signature })
      break
    case 'redacted_thinking':
      blocks.push({ type: 'redacted_thinking', data: wordsIn(piece, 'data') })
      break
    default:
      if (last?.type !== 'thinking') return
      last.thinking += thinking
      last.signature += signature
  }
}

/** Returns a member that is text; nothing where it is not. */
export function wordsIn(piece: JsonObject, name: string): string {
  const value = piece[name]
  return typeof value === 'string' ? value : ''
}

// What is no JSON object, cut short by `max_tokens` for example, must not look like a call without arguments: it stands whole under the
// name that Anthropic's own documentation gives for it.
function inputOf(json: string, isCut: boolean): unknown {
  if (json.trim() === '' && !isCut) return {}
  try {
    const input: unknown = JSON.parse(json)
    if (isFields(input)) return input
  } catch {
    // Told below.
  }
  return { INVALID_JSON: json }
}
