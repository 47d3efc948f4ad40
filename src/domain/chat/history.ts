import type { Parts } from '../context.ts'
import type { ModelInfo, ProviderMessage } from '../models/provider.ts'
import type { HistoryMessage } from '../store.ts'

const contextWindowUnknown = 32_000
const answerTokensReserved = 4_096
const tokensPerMessage = 4

/**
 * Returns the messages that a model is shown: as many of the newest turns as fit its context window beside the system prompt, the new
 * message and the answer, oldest first, beginning with a user's. Tokens are estimated from the UTF-8 length.
 */
export async function historyFor(
  parts: Parts,
  input: {
    readonly conversationId: string
    readonly model: ModelInfo
    readonly systemPrompt: string | undefined
    readonly message: string
    readonly maxTokens: number | undefined
  },
): Promise<ProviderMessage[]> {
  const { model } = input
  const answer =
    input.maxTokens ?? Math.min(model.maxOutputTokens ?? answerTokensReserved, answerTokensReserved)
  let budget = (model.contextWindow ?? contextWindowUnknown) - answer
  budget -= estimateTokens(input.message) + estimateTokens(input.systemPrompt ?? '')
  const { historyMessages } = parts.settings().conversations
  const newestFirst = await parts.store.conversations.history(input.conversationId, historyMessages)
  const kept: ProviderMessage[] = []
  const shown = withoutBlankReplies(newestFirst)
  for (const message of shown) {
    budget -= estimateTokens(message.content)
    if (budget < 0) break
    kept.push({ role: message.role, content: message.content })
  }
  kept.reverse()
  const isWhole = kept.length === shown.length && newestFirst.length < historyMessages
  if (isWhole && kept[0]?.role === 'assistant') kept.unshift({ role: 'user', content: writtenFirst })
  // A reply whose question was dropped would stand first, which providers refuse.
  while (kept[0]?.role === 'assistant') kept.shift()
  return joined(kept)
}

// Where an application wrote first, a person who answers must be understood.
const writtenFirst = '(Nothing yet: the assistant wrote first.)'

// What an application sent stands beside replies, and some models refuse two messages of one role in a row.
function joined(messages: readonly ProviderMessage[]): ProviderMessage[] {
  const all: ProviderMessage[] = []
  for (const message of messages) {
    const last = all.at(-1)
    if (last?.role === 'assistant' && message.role === 'assistant') {
      all[all.length - 1] = { ...last, content: `${last.content}\n\n${message.content}` }
    } else all.push(message)
  }
  return all
}

// Providers refuse a blank message, so that one blank reply would spoil its conversation for ever: it goes, with its question.
function withoutBlankReplies(newestFirst: readonly HistoryMessage[]): readonly HistoryMessage[] {
  return newestFirst.filter((message, i) => {
    const reply = message.role === 'user' ? newestFirst[i - 1] : message
    return reply?.role !== 'assistant' || reply.content.trim() !== ''
  })
}

/** Estimates the tokens of a text from above: three bytes of UTF-8 a token, and four for the message around it. */
export function estimateTokens(text: string): number {
  return text === '' ? 0 : Math.ceil(Buffer.byteLength(text) / 3) + tokensPerMessage
}
