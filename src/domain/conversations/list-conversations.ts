import { visibleTo } from '../actor.ts'
import type { Context } from '../context.ts'
import type { Conversation } from './conversation.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'

/** A page as the caller asks for it. */
export interface ListConversationsInput {
  /** 1 to 100. */
  readonly limit: number
  readonly cursor?: string
  readonly channel?: string
}

/** One page of a list. */
export interface Page<T> {
  readonly data: readonly T[]
  readonly hasMore: boolean
  readonly nextCursor: string | null
}

/** Returns one page of the conversations that the actor can see, newest first. Throws `invalid_request` for a foreign cursor. */
export async function listConversations(
  ctx: Context,
  input: ListConversationsInput,
): Promise<Page<Conversation>> {
  const rows = await ctx.parts.store.conversations.list({
    visibility: visibleTo(ctx.actor),
    limit: input.limit + 1,
    ...(input.channel === undefined ? {} : { channel: input.channel }),
    ...(input.cursor === undefined ? {} : { beforeKey: decodeCursor('conversations', input.cursor) }),
  })
  const page = rows.slice(0, input.limit)
  const last = page.at(-1)
  const hasMore = rows.length > input.limit
  return {
    data: page.map((row) => row.value),
    hasMore,
    nextCursor: hasMore && last ? encodeCursor('conversations', last.key) : null,
  }
}
