import type { Context } from '../context.ts'
import type { Conversation } from '../conversations/conversation.ts'
import { GatewayError } from '../errors.ts'
import type { ModelInfo, ProviderTurn } from '../models/provider.ts'
import type { ResolvedModel } from '../models/resolve-model.ts'
import { checkSize } from './check-size.ts'
import { historyFor } from './history.ts'
import type { ReplyInput } from './reply.ts'
import type { TurnExtras } from './turn-extras.ts'

/**
 * Returns the question that a model is asked for a turn: system prompt, as much of the history as fits, and the message. Throws
 * `invalid_request` where the model cannot take what the caller wants.
 */
export async function turnFor(
  ctx: Context,
  input: ReplyInput,
  conversation: { readonly id: string; readonly existing: Conversation | undefined },
  { model }: ResolvedModel,
  extras?: TurnExtras,
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
  if (extras?.images !== undefined && model.images === false) throw takesNoImages(model.id)
  const own = withNote(
    input.systemPrompt ?? conversation.existing?.systemPrompt ?? undefined,
    input.inbound?.systemNote,
  )
  const systemPrompt = withNote(own, extras && skillNote(extras, model))
  const { message, maxTokens } = input
  checkSize(model, systemPrompt, message)
  const asks = extras === undefined ? {} : asksOf(extras, model)
  const { messages: earlier, note } = conversation.existing
    ? await historyFor(ctx.parts, {
        conversationId: conversation.id,
        model,
        systemPrompt,
        message,
        images: extras?.images?.length ?? 0,
        hasTools: asks.tools !== undefined,
        maxTokens,
      })
    : { messages: [], note: undefined }
  const wholePrompt = withNote(systemPrompt, note)
  earlier.push(
    extras?.images === undefined
      ? { role: 'user', content: message }
      : { role: 'user', content: message, parts: [...extras.images, { type: 'text', text: message }] },
  )
  return {
    model: model.id,
    messages: earlier,
    stream: input.stream,
    connectTimeoutMs: ctx.parts.settings().models.timeouts.connectMs,
    ...(wholePrompt === undefined || wholePrompt === '' ? {} : { systemPrompt: wholePrompt }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(input.temperature === undefined ? {} : { temperature: input.temperature }),
    ...asks,
  }
}

function asksOf(
  { skills, responseFormat }: TurnExtras,
  model: ModelInfo,
): Pick<ProviderTurn, 'tools' | 'toolsAreOptional' | 'responseFormat'> {
  return {
    ...(skills?.tool === undefined || model.tools === false
      ? {}
      : { tools: [skills.tool], toolsAreOptional: true }),
    ...(responseFormat === undefined ? {} : { responseFormat }),
  }
}

function skillNote({ skills }: TurnExtras, model: ModelInfo): string | undefined {
  return model.tools === false ? (skills?.noteWithoutTool ?? skills?.note) : skills?.note
}

function takesNoImages(model: string): GatewayError {
  return new GatewayError(
    'invalid_request',
    `${model} takes no images. Leave attachments out, or name a model that takes them.`,
    { details: { field: 'attachments' } },
  )
}

// What is said of one message does not stay with its conversation.
function withNote(systemPrompt: string | undefined, note: string | undefined): string | undefined {
  if (note === undefined) return systemPrompt
  return systemPrompt === undefined || systemPrompt === '' ? note : `${systemPrompt}\n\n${note}`
}
