import { GatewayError } from '../domain/errors.ts'
import type { JsonObject, NativeQuestion, ProviderTurn } from '../domain/models/provider.ts'

const apis = { anthropic: "Anthropic's Messages API", openai: "OpenAI's Chat Completions" } as const

/**
 * Returns what the caller wrote in this dialect and is sent as it stands. Throws `invalid_request` naming the field for what only another
 * dialect can say: leaving it out would answer another question.
 */
export function nativeFields(
  { native, model }: Pick<ProviderTurn, 'native' | 'model'>,
  dialect: NativeQuestion['dialect'],
  provider: string,
): JsonObject {
  if (native === undefined) return {}
  if (native.dialect === dialect) return native.fields
  if (native.only === undefined) return {}
  throw new GatewayError(
    'invalid_request',
    `${native.only} belongs to ${apis[native.dialect]}, and ${model} of ${provider} speaks ${apis[dialect]}. Leave it out, or ask a model that takes it.`,
    { details: { field: native.only } },
  )
}
