import { visibleTo } from '../actor.ts'
import type { Context } from '../context.ts'
import { GatewayError, notFound } from '../errors.ts'
import { canSee } from './get-conversation.ts'

/**
 * Deletes a conversation with its messages. Throws `not_found` also where it belongs to another token, and `insufficient_scope` where
 * it is a channel's and the actor has no `admin`.
 */
export async function deleteConversation(
  ctx: Context,
  input: { readonly id: string },
): Promise<{ readonly id: string; readonly deleted: true }> {
  const conversation = await ctx.parts.store.conversations.find(input.id)
  if (!conversation || !canSee(ctx.actor, conversation)) return notFound('conversation', input.id)
  if (conversation.channel !== 'api' && !visibleTo(ctx.actor).all) {
    throw new GatewayError(
      'insufficient_scope',
      `A conversation of the channel ${conversation.channel} is deleted by a token with scope admin.`,
    )
  }
  if (!(await ctx.parts.store.conversations.delete(input.id))) return notFound('conversation', input.id)
  return { id: input.id, deleted: true }
}
