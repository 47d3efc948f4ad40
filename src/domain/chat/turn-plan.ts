import type { Context } from '../context.ts'
import type { Conversation } from '../conversations/conversation.ts'
import { GatewayError } from '../errors.ts'
import type { ProviderTurn } from '../models/provider.ts'
import type { ResolvedModel } from '../models/resolve-model.ts'
import { historyFor } from './history.ts'
import type { ReplyInput } from './reply.ts'

/**
 * Returns the question that a model is asked for a turn: system prompt, as much of the history as fits, and the message. Throws
 * `invalid_request` where the model cannot take what the caller wants.
 */
export async function turnFor(
  ctx: Context,
  input: ReplyInput,
  conversation: { readonly id: string; readonly existing: Conversation | undefined },
  { model }: ResolvedModel,
): Promise<ProviderTurn> {
  if (
    input.maxTokens !== undefined &&
    model.maxOutputTokens !== null &&
    input.maxTokens > model.maxOutputTokens
  ) {
    throw new GatewayError(
      'invalid_request',
      `maxTokens is ${input.maxTokens}, but ${model.id} answers with at most ${model.maxOutputTokens}.`,
      { details: { field: 'maxTokens', maximum: model.maxOutputTokens } },
    )
  }
  const systemPrompt = input.systemPrompt ?? conversation.existing?.systemPrompt ?? undefined
  const { message, maxTokens } = input
  const earlier = conversation.existing
    ? await historyFor(ctx.parts, {
        conversationId: conversation.id,
        model,
        systemPrompt,
        message,
        maxTokens,
      })
    : []
  earlier.push({ role: 'user', content: message })
  return {
    model: model.id,
    messages: earlier,
    stream: input.stream,
    connectTimeoutMs: ctx.parts.settings().models.timeouts.connectMs,
    ...(systemPrompt === undefined || systemPrompt === '' ? {} : { systemPrompt }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(input.temperature === undefined ? {} : { temperature: input.temperature }),
  }
}
