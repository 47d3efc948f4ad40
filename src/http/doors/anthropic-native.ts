import type { NativeQuestion } from '../../domain/models/provider.ts'
import { type Fields, isFields } from './fields.ts'

/**
 * Returns what a provider of Anthropic's own dialect is sent as it was written, from a body that has been read: marks of the prompt cache
 * and thoughts have their place in blocks, which other dialects do not have. A mark is a matter of cost alone and is lost there; a thought
 * is not.
 */
export function anthropicNative(body: Fields): NativeQuestion {
  const { system, messages, tools } = body
  const only = isOn(body.thinking) ? 'thinking' : firstThought(messages)
  const fields =
    only === undefined && ![system, messages, tools].some(isMarked)
      ? {}
      : {
          messages: wellFormed(messages),
          ...(Array.isArray(system) && system.length > 0 ? { system: wellFormed(system) } : {}),
          ...(Array.isArray(tools) && tools.length > 0 ? { tools: wellFormed(tools) } : {}),
        }
  return { dialect: 'anthropic', fields, ...(only === undefined ? {} : { only }) }
}

function isOn(thinking: unknown): boolean {
  return isFields(thinking) && thinking.type !== 'disabled'
}

function firstThought(messages: unknown): string | undefined {
  for (const [i, message] of listOf(messages).entries()) {
    const at = listOf(contentOf(message)).findIndex(
      (block) => isFields(block) && (block.type === 'thinking' || block.type === 'redacted_thinking'),
    )
    if (at >= 0) return `messages[${i}].content[${at}]`
  }
  return undefined
}

// In a message's blocks, in a tool's, and in those of a result.
function isMarked(list: unknown): boolean {
  return listOf(list).some(
    (row) => isFields(row) && (isFields(row.cache_control) || isMarked(contentOf(row))),
  )
}

function contentOf(row: unknown): unknown {
  return isFields(row) ? row.content : undefined
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

// No UTF-8 has half of a surrogate pair. The depth is that of a body.
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(wellFormed)
  if (!isFields(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name.toWellFormed(), wellFormed(member)]),
  )
}
