import type { APIMessage } from 'discord-api-types/v10'
import { fields } from './discord-gateway.ts'
import { botUser, type DiscordWorld, type FakeChannel } from './discord-world.ts'

/** An answer of Discord's REST API. */
export interface RestAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

const nonces = new WeakMap<DiscordWorld, Map<string, APIMessage>>()
const contentMax = 2000
const nonceMax = 25
const pageMax = 100

/** Returns the channel of a path, or how Discord refuses it. */
export function channelOf(world: DiscordWorld, id: string): FakeChannel | RestAnswer {
  if (!/^\d+$/.test(id) || BigInt(id) >= 1n << 64n) {
    return invalidForm('channel_id', 'NUMBER_TYPE_COERCE', `Value "${id}" is not snowflake.`)
  }
  const channel = world.channels.get(id)
  if (!channel) return refused(404, 10_003, 'Unknown Channel')
  if (channel.refusal) return refused(channel.refusal.status, channel.refusal.code, channel.refusal.message)
  return channel
}

/** `POST /channels/:id/messages`: stores the message, once for each nonce. `isNew` is false for one that stood there already. */
export function createMessage(
  world: DiscordWorld,
  channel: FakeChannel,
  body: unknown,
): RestAnswer & { readonly message?: APIMessage; readonly isNew?: boolean } {
  const { content, nonce, enforce_nonce, allowed_mentions, message_reference } = fields(body)
  if (typeof content !== 'string' || content.trim() === '')
    return refused(400, 50_006, 'Cannot send an empty message')
  if (content.length > contentMax) {
    const words = `Must be ${contentMax} or fewer in length.`
    return invalidForm('content', 'BASE_TYPE_MAX_LENGTH', words)
  }
  if (!content.isWellFormed()) return invalidForm('content', 'STRING_TYPE_INVALID', 'Not valid UTF-8.')
  if (nonce !== undefined && (typeof nonce !== 'string' || nonce.length > nonceMax)) {
    return invalidForm('nonce', 'NONCE_TYPE_TOO_LONG', `Must be ${nonceMax} or fewer in length.`)
  }
  const mentions = fields(allowed_mentions)
  if (allowed_mentions !== undefined && !Array.isArray(mentions.parse)) {
    return invalidForm('allowed_mentions', 'BASE_TYPE_REQUIRED', 'parse is required here.')
  }
  const key = `${channel.id}\n${nonce}`
  const known = nonces.get(world) ?? new Map<string, APIMessage>()
  nonces.set(world, known)
  const before = enforce_nonce === true && nonce !== undefined ? known.get(key) : undefined
  if (before) return { status: 200, body: before, message: before, isNew: false }
  const reference = fields(message_reference)
  const replyTo = channel.messages.find(({ id }) => id === reference.message_id)
  if (message_reference !== undefined && !replyTo && reference.fail_if_not_exists !== false) {
    return invalidForm('message_reference', 'MESSAGE_REFERENCE_UNKNOWN_MESSAGE', 'Unknown message')
  }
  const message = world.store(channel.id, {
    author: botUser,
    content,
    ...(replyTo ? { replyTo } : {}),
    fields: { nonce },
  })
  if (typeof nonce === 'string') known.set(key, message)
  return { status: 200, body: message, message, isNew: true }
}

/** `GET /channels/:id/messages`: newest first; after an id, the ones next to it. */
export function listMessages(channel: FakeChannel, query: URLSearchParams): RestAnswer {
  const limit = Number(query.get('limit') ?? 50)
  if (!Number.isInteger(limit) || limit < 1 || limit > pageMax) {
    return invalidForm('limit', 'NUMBER_TYPE_MAX', `int value should be between 1 and ${pageMax}.`)
  }
  const [after, before] = [query.get('after'), query.get('before')]
  if ([after, before].some((id) => id !== null && !/^\d+$/.test(id))) {
    return invalidForm('after', 'NUMBER_TYPE_COERCE', 'Value is not snowflake.')
  }
  const inRange = channel.messages.filter(
    ({ id }) =>
      (after === null || BigInt(id) > BigInt(after)) && (before === null || BigInt(id) < BigInt(before)),
  )
  const page = after === null ? inRange.slice(-limit) : inRange.slice(0, limit)
  return { status: 200, body: page.toReversed() }
}

/** A refusal in Discord's words. */
export function refused(status: number, code: number, message: string): RestAnswer {
  return { status, body: { message, code } }
}

function invalidForm(field: string, code: string, message: string): RestAnswer {
  const errors = { [field]: { _errors: [{ code, message }] } }
  return { status: 400, body: { message: 'Invalid Form Body', code: 50_035, errors } }
}
