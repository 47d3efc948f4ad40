import type { OutgoingPart } from '../../domain/channels/channel.ts'
import { isFields, textAt } from '../fields.ts'
import { DiscordFailure } from './failure.ts'
import { createMessage } from './format.ts'
import type { DiscordRest } from './rest.ts'
import { isSnowflake } from './snowflake.ts'

// Without the right to read the history nothing can be replied to.
const cannotReply = 160_002

/** Posts one part and resolves to its id. Rejects with `ChannelFailure`, or the signal's reason. */
export async function postMessage(
  rest: DiscordRest,
  part: OutgoingPart,
  signal: AbortSignal,
): Promise<string> {
  const { chatId } = part
  mustBeChat(chatId)
  const path = `/channels/${chatId}/messages` as const
  const { message_reference, ...plain } = createMessage(part)
  const body = message_reference === undefined ? plain : { ...plain, message_reference }
  let posted: unknown
  try {
    posted = await rest.post(path, signal, { body, isPatient: true })
  } catch (error) {
    if (message_reference === undefined || !refusesReply(error)) throw error
    posted = await rest.post(path, signal, { body: plain, isPatient: true })
  }
  const id = isFields(posted) ? textAt(posted, 'id') : undefined
  // It may well stand there: the nonce keeps it from standing there twice.
  if (id === undefined) throw new DiscordFailure('retry', 'Discord did not say which message was posted.')
  return id
}

/** Shows for ten seconds that the bot writes. */
export async function showTyping(rest: DiscordRest, chatId: string, signal: AbortSignal): Promise<void> {
  mustBeChat(chatId)
  await rest.post(`/channels/${chatId}/typing`, signal, { isPatient: false })
}

function mustBeChat(chatId: string): void {
  if (isSnowflake(chatId)) return
  throw new DiscordFailure('chat_unknown', 'A chat of Discord has a number as its id, its snowflake.')
}

function refusesReply(error: unknown): boolean {
  return (
    error instanceof DiscordFailure &&
    (error.code === cannotReply || error.fields.includes('message_reference'))
  )
}
