import { GatewayError } from '../errors.ts'
import type { ModelProvider } from '../models/provider.ts'

/** UTF-16 units; a longer reply is refused. */
export const replyCharactersMax = 8 * 1024 * 1024

/** Makes the error for an answer that ended without a finish. */
export function cutShort(provider: ModelProvider): GatewayError {
  return new GatewayError('provider_error', `The answer of ${provider.name} was cut short.`)
}

/** Makes the error for an answer beyond `replyCharactersMax`. */
export function tooLong(provider: ModelProvider): GatewayError {
  return new GatewayError(
    'provider_error',
    `The answer of ${provider.name} is longer than ${replyCharactersMax} characters.`,
  )
}
