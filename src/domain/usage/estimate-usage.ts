import { estimateTokens } from '../chat/history.ts'
import type { Usage } from '../conversations/conversation.ts'
import type { ProviderTurn } from '../models/provider.ts'

/** Estimates the tokens of a question from above, by its length. Images count nothing. */
export function estimateQuestion({
  systemPrompt = '',
  messages,
}: Pick<ProviderTurn, 'systemPrompt' | 'messages'>): number {
  return messages.reduce((sum, { content }) => sum + estimateTokens(content), estimateTokens(systemPrompt))
}

/** Estimates what a turn has used whose provider told nothing, by the length of the question and of what came of an answer. */
export function estimateUsage(turn: Pick<ProviderTurn, 'systemPrompt' | 'messages'>, answer: string): Usage {
  return { inputTokens: estimateQuestion(turn), outputTokens: estimateTokens(answer), estimated: true }
}

/**
 * Returns what is billed for a turn without an end whose provider told nothing: what is estimated, but nothing where it failed before the
 * first word, since who refuses a question charges nothing for it.
 */
export function unansweredUsage(status: 'aborted' | 'failed', estimate: Usage): Usage {
  const wasRefused = status === 'failed' && estimate.outputTokens === 0
  return wasRefused ? { inputTokens: 0, outputTokens: 0, estimated: true } : estimate
}
