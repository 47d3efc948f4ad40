import { type Actor, visibleTo } from '../actor.ts'
import type { Context } from '../context.ts'
import { notFound } from '../errors.ts'
import type { SizedMessage } from '../store.ts'
import type { Conversation, Message } from './conversation.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'

/** A conversation with one page of its messages, oldest first. */
export interface ConversationWithMessages extends Conversation {
  readonly messages: readonly Message[]
  readonly hasMore: boolean
  readonly nextCursor: string | null
}

const pageBytesMax = 4 * 1024 * 1024

/**
 * Returns a conversation with one page of its messages, oldest first: `limit` of them, or as many as have 4 MiB of text, one at least.
 * Throws `not_found` also where it belongs to another token.
 */
export async function getConversation(
  ctx: Context,
  input: { readonly id: string; readonly limit: number; readonly cursor?: string },
): Promise<ConversationWithMessages> {
  const conversation = await ctx.parts.store.conversations.find(input.id)
  if (!conversation || !canSee(ctx.actor, conversation)) return notFound('conversation', input.id)
  const rows = await ctx.parts.store.conversations.messages(input.id, {
    limit: input.limit + 1,
    bytesMax: pageBytesMax,
    ...(input.cursor === undefined ? {} : { afterKey: decodeCursor('messages', input.cursor) }),
  })
  const page = rows.slice(0, Math.min(input.limit, fitting(rows)))
  const last = page.at(-1)
  const hasMore = rows.length > page.length
  return {
    ...conversation,
    messages: page.map((row) => row.value),
    hasMore,
    nextCursor: hasMore && last ? encodeCursor('messages', last.key) : null,
  }
}

// How many have room in a page: one has, whatever its length.
function fitting(rows: readonly SizedMessage[]): number {
  let bytes = 0
  const over = rows.findIndex((row) => {
    bytes += row.bytes
    return bytes > pageBytesMax
  })
  return over < 0 ? rows.length : Math.max(1, over)
}

/** Whether an actor can see a conversation: its own, a channel's, or with `admin` any. */
export function canSee(actor: Actor, conversation: Conversation): boolean {
  const visibility = visibleTo(actor)
  return visibility.all || conversation.channel !== 'api' || conversation.owner === visibility.owner
}
