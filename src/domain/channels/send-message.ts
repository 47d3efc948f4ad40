import type { Context } from '../context.ts'
import { GatewayError } from '../errors.ts'
import type { KeyUse } from '../idempotency/key-store.ts'
import { pause } from '../supervise.ts'
import { fromOf } from '../webhooks/turn-events.ts'
import { ChannelFailure } from './channel.ts'
import type { OutboundOutcome } from './channel-store.ts'
import { platformName } from './inbound-prompt.ts'
import { outgoingMessage } from './outgoing-message.ts'
import type { RunningChannel } from './running-channel.ts'

/** A message of an application to a chat. Already validated at the edge. */
export interface SendMessage {
  readonly channel: string
  readonly chatId: string
  /** Markdown, 1 to 100,000 characters. */
  readonly message: string
  readonly metadata?: Readonly<Record<string, string>>
  /** `msg_…`, by which what became of it is found again; a new one by default. */
  readonly messageId?: string
  /** Kept with the message as soon as it is on its way, so that a copy of the request finds it. */
  readonly key?: KeyUse
}

/** A message that stands in its chat. */
export interface SentView {
  readonly id: string
  readonly conversationId: string
  readonly channel: string
  readonly chatId: string
  readonly status: 'sent'
  readonly externalIds: readonly string[]
  readonly timestamp: string
}

const sendMs = 30_000
const connectingMs = 5_000

/**
 * Posts a message to a chat and resolves when all of it stands there and in the conversation's history. What passes is retried for 30
 * seconds. Throws `channel_not_found`, `channel_disconnected`, `invalid_request` for a chat that the platform does not know, and
 * `channel_error` with the platform's words for the rest.
 */
export async function sendMessage(ctx: Context, input: SendMessage): Promise<SentView> {
  const { parts } = ctx
  const { channels, clock, ids } = parts
  const running = channels.find(input.channel)
  if (!running) throw notConfigured(input.channel, channels.names)
  const { name } = running.configured
  if (!/^[\x21-\x7e]+$/.test(input.chatId)) throw unknownChat(name, input.chatId, 'It is no id of a chat.')
  await connected(running)
  const { channel, sender } = running
  if (!channel || !sender) throw disconnected(running)
  const at = clock.now()
  const message = outgoingMessage(
    {
      id: input.messageId ?? ids.next('msg'),
      channel: name,
      chatId: input.chatId,
      route: {},
      conversationId: null,
      at,
      giveUpAt: at + sendMs,
      ...(input.key ? { key: input.key } : {}),
      details: {
        kind: 'send',
        content: input.message,
        from: fromOf(ctx.actor),
        ...(input.metadata === undefined ? {} : { metadata: input.metadata }),
      },
    },
    channel.render(input.message),
  )
  try {
    return sentView(await sender.deliver(message))
  } catch (error) {
    throw error instanceof ChannelFailure ? refusal(error, running, input.chatId) : error
  }
}

/** Returns a message that stands in its chat as the caller is told of it. Throws `internal_error` for one that does not. */
export function sentView(outcome: OutboundOutcome): SentView {
  const { id, conversationId, channel, chatId, externalIds, finishedAt } = outcome
  if (outcome.status !== 'sent' || conversationId === null || finishedAt === null) {
    throw new GatewayError('internal_error', 'The message was not posted.')
  }
  const timestamp = new Date(finishedAt).toISOString()
  return { id, conversationId, channel, chatId, status: 'sent', externalIds, timestamp }
}

// One that has just been started gets some seconds.
async function connected(running: RunningChannel): Promise<void> {
  const never = new AbortController().signal
  for (let left = connectingMs; left > 0 && running.health.status === 'connecting'; left -= 50) {
    await pause(50, never)
  }
  if (running.health.status !== 'connected') throw disconnected(running)
}

function refusal(failure: ChannelFailure, running: RunningChannel, chatId: string): GatewayError {
  const { name } = running.configured
  switch (failure.kind) {
    case 'chat_unknown':
      return unknownChat(name, chatId, failure.message)
    case 'login_refused':
      return disconnected(running, failure.message)
    default: {
      if (failure.kind === 'retry' && running.health.status !== 'connected') return disconnected(running)
      const { retryAfterMs } = failure
      return new GatewayError(
        'channel_error',
        `${platformName(name)} did not take the message: ${failure.message}`,
        {
          ...(retryAfterMs === undefined
            ? {}
            : { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) }),
        },
      )
    }
  }
}

function disconnected(running: RunningChannel, words?: string): GatewayError {
  const { lastError, remedy } = running.health
  const name = platformName(running.configured.name)
  const said = words ?? lastError ?? 'It is still connecting.'
  return new GatewayError(
    'channel_disconnected',
    [`${name} is not connected: ${said}`, ...(remedy === null ? [] : [remedy])].join(' '),
    { retryAfterSeconds: 10 },
  )
}

function unknownChat(
  name: RunningChannel['configured']['name'],
  chatId: string,
  words: string,
): GatewayError {
  return new GatewayError(
    'invalid_request',
    `${platformName(name)} knows no chat ${JSON.stringify(chatId.slice(0, 64))}: ${words}`,
    { details: { field: 'chatId' } },
  )
}

function notConfigured(asked: string, names: readonly string[]): GatewayError {
  const known = names.length === 0 ? 'None is configured.' : `Configured: ${names.join(', ')}.`
  return new GatewayError('channel_not_found', `There is no channel ${JSON.stringify(asked)} here. ${known}`)
}
