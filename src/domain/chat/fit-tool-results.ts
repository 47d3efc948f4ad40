import type { ModelInfo, ProviderTurn, ToolMessage } from '../models/provider.ts'
import { estimateQuestion } from '../usage/estimate-usage.ts'
import { answerRoom, estimateTokens, windowOf } from './history.ts'

const resultTokensMin = 200
const shortened = '\n[Shortened: the rest does not fit beside the conversation.]'

/**
 * Shortens what tools have answered to what a model's context window leaves beside the question and the answer: short results stay whole,
 * the long ones share the rest, and none is cut below 200 tokens.
 */
export function fitToolResults(
  results: readonly ToolMessage[],
  question: Pick<ProviderTurn, 'systemPrompt' | 'messages' | 'maxTokens'>,
  model: ModelInfo,
): readonly ToolMessage[] {
  let room = windowOf(model) - (question.maxTokens ?? answerRoom(model)) - estimateQuestion(question)
  const bySize = results
    .map((result) => ({ result, tokens: estimateTokens(result.content) }))
    .sort((a, b) => a.tokens - b.tokens)
  const fitted = new Map<ToolMessage, ToolMessage>()
  for (const [i, { result, tokens }] of bySize.entries()) {
    const share = Math.max(resultTokensMin, Math.floor(room / (results.length - i)))
    const fits = tokens <= share ? result : { ...result, content: cut(result.content, share) }
    room -= estimateTokens(fits.content)
    fitted.set(result, fits)
  }
  return results.map((result) => fitted.get(result) ?? result)
}

// By the same measure as the estimate: three bytes a token.
function cut(text: string, tokens: number): string {
  const bytes = Math.max(0, (tokens - estimateTokens(shortened)) * 3)
  return (
    Buffer.from(text)
      .subarray(0, bytes)
      .toString('utf8')
      .replace(/\uFFFD$/, '') + shortened
  )
}
