import { reply } from '../chat/reply.ts'
import type { Context, Parts } from '../context.ts'
import { type ErrorCode, GatewayError } from '../errors.ts'
import type { Channel } from './channel.ts'
import type { InboxRow } from './channel-store.ts'
import { promptOf, systemNoteOf } from './inbound-prompt.ts'
import type { InboundTurn } from './inbound-turn.ts'
import { keepTyping } from './keep-typing.ts'
import { outgoingMessage } from './outgoing-message.ts'

/** How often and when a message that could not be answered is tried again. */
export interface RetryPlan {
  /** Before the second try, the third, and so on: there is one try more than waits. */
  readonly waitsMs: readonly number[]
}

/** What became of a try. */
export type Answered = 'answered' | 'given_up' | 'stopped' | { readonly afterMs: number }

const replyMs = 24 * 60 * 60 * 1000
const conflictMs = 100
const passing: readonly ErrorCode[] = [
  'provider_unavailable',
  'provider_timeout',
  'provider_error',
  'model_not_found',
  'overloaded',
  'internal_error',
  'conflict',
]
const sorry = 'Sorry, I could not answer this message. Please try again later.'

/**
 * Runs the one turn of a channel's message. Its reply is stored in the same commit that takes the message out of the inbox. What fails
 * for a passing reason is tried again while `models.timeouts.totalMs` lasts, which counts from the first try, `since` on the clock's
 * monotonic side: a model that hangs holds its chat no longer than one call. Then, and after any other failure, the person is told in one
 * sentence. Where the signal aborts the message is left for the next start. Rejects where the store fails.
 */
export async function answerInbound(
  parts: Parts,
  channel: Channel,
  row: InboxRow,
  how: { readonly signal: AbortSignal; readonly plan: RetryPlan; readonly since: number },
): Promise<Answered> {
  const { message } = row
  const { signal, since } = how
  const chat = { channel: channel.name, chatId: message.chatId }
  const conversationId = (await parts.store.channels.chats.conversation(chat)) ?? parts.ids.next('conv')
  const inbound = turnOf(channel, row)
  const ctx: Context = {
    parts,
    actor: { type: 'channel', channel: channel.name, id: message.from.id, name: message.from.name },
    requestId: parts.ids.next('req'),
    arrivedAt: since,
    signal,
  }
  using _typing = keepTyping(channel, message)
  try {
    // The mark of a fence is the message's own id, which nobody outside has seen.
    const prompt = promptOf(message, row.messageId)
    for await (const _event of reply(ctx, { message: prompt, conversationId, stream: true, inbound })) {
      // The reply is stored, and put on its way, by the turn's last commit.
    }
    return 'answered'
  } catch (error) {
    if (signal.aborted) return 'stopped'
    return await failed(parts, channel, row, error, how)
  }
}

async function failed(
  parts: Parts,
  channel: Channel,
  row: InboxRow,
  error: unknown,
  { plan, since }: { readonly plan: RetryPlan; readonly since: number },
): Promise<Answered> {
  const code = error instanceof GatewayError ? error.code : 'internal_error'
  if (code === 'shutting_down') return 'stopped'
  const now = parts.clock.now()
  const fields = { channel: channel.name, error: code, tries: row.tries + 1 }
  const { inbox } = parts.store.channels
  const waitMs = plan.waitsMs[row.tries]
  const asked = error instanceof GatewayError ? (error.retryAfterSeconds ?? 0) * 1000 : 0
  const afterMs = code === 'conflict' ? conflictMs : Math.min(Math.max(waitMs ?? 0, asked), 60_000)
  const leftMs = parts.settings().models.timeouts.totalMs - (parts.clock.monotonic() - since)
  if (passing.includes(code) && waitMs !== undefined && afterMs < leftMs) {
    parts.log('warn', 'channel message not answered yet', fields)
    await inbox.retry(row.key, now + afterMs)
    return { afterMs }
  }
  parts.log('error', 'channel message not answered', fields)
  const { chatId, route } = row.message
  const notice = outgoingMessage(
    {
      id: parts.ids.next('msg'),
      channel: channel.name,
      chatId,
      route,
      conversationId: null,
      at: now,
      giveUpAt: now + replyMs,
      details: { kind: 'notice' },
    },
    [{ text: sorry }],
  )
  await inbox.fail({ key: row.key, messageId: row.messageId, reason: code, at: now, notice })
  return 'given_up'
}

function turnOf(channel: Channel, row: InboxRow): InboundTurn {
  const { message } = row
  const { chatId, route } = message
  return {
    channel: channel.name,
    chatId,
    inboxKey: row.key,
    messageId: row.messageId,
    isBegun: row.isBegun,
    ownText: message.text === '' ? (message.quoted[0]?.text ?? '') : message.text,
    systemNote: systemNoteOf(channel.name, message),
    outgoing: ({ id, conversationId, content, model, usage, at }) =>
      outgoingMessage(
        {
          id,
          channel: channel.name,
          chatId,
          route,
          conversationId,
          at,
          giveUpAt: at + replyMs,
          details: { kind: 'reply', model, usage },
        },
        channel.render(content),
      ),
  }
}
