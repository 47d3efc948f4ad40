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
 * Returns what is billed for a turn that has not come to its end. Some providers tell what they have read at once, and what they have written
 * at the end alone: then the length of what came counts. Where they told nothing and failed before the first word they charge nothing.
 */
export function unfinishedUsage(
  status: 'aborted' | 'failed',
  told: Usage | undefined,
  estimate: Usage,
): Usage {
  if (told) {
    const { outputTokens } = estimate
    return told.outputTokens < outputTokens ? { ...told, outputTokens, estimated: true } : told
  }
  const wasRefused = status === 'failed' && estimate.outputTokens === 0
  return wasRefused ? { inputTokens: 0, outputTokens: 0, estimated: true } : estimate
}
