import type { FastifyRequest } from 'fastify'
import { pathOf } from '../app.ts'
import { anthropicDoor } from './anthropic-door.ts'
import type { Door } from './door.ts'
import { openAiDoor } from './openai-door.ts'

/** Returns whose shape an error of this request has, or undefined for the gateway's own. */
export function doorOf(request: FastifyRequest): Pick<Door, 'error'> | undefined {
  const path = pathOf(request)
  if (path !== '/v1' && !path.startsWith('/v1/')) return undefined
  // Both have a list of models at the same place.
  const isAnthropic = path.startsWith('/v1/messages') || request.headers['anthropic-version'] !== undefined
  return isAnthropic ? anthropicDoor : openAiDoor
}
