import { GatewayError } from '../errors.ts'
import type { ModelInfo } from '../models/provider.ts'

// No text in a human language, and hardly any other, has more bytes a token: what is refused here, a provider would have refused.
const bytesPerTokenMax = 6

/**
 * Throws `invalid_request` where a message and its system prompt are certain not to fit a model's context window, whatever is left out
 * beside them. What may fit is the provider's to judge.
 */
export function checkSize(model: ModelInfo, systemPrompt: string | undefined, message: string): void {
  const { contextWindow } = model
  if (contextWindow === null) return
  const bytesMax = contextWindow * bytesPerTokenMax
  // A code unit has at most three bytes: most messages are not measured.
  if (3 * (message.length + (systemPrompt?.length ?? 0)) <= bytesMax) return
  const messageBytes = Buffer.byteLength(message)
  const promptBytes = Buffer.byteLength(systemPrompt ?? '')
  if (messageBytes + promptBytes <= bytesMax) return
  const isMessage = messageBytes >= promptBytes
  const tokens = Math.ceil((messageBytes + promptBytes) / bytesPerTokenMax)
  throw new GatewayError(
    'invalid_request',
    `The message with its system prompt has at least ${tokens} tokens, but ${model.id} takes ${contextWindow} in all. Shorten the ${isMessage ? 'message' : 'system prompt'}, or name a model with a larger context window.`,
    { details: { field: isMessage ? 'message' : 'systemPrompt', maximumTokens: contextWindow } },
  )
}
