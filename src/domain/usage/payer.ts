import type { Actor } from '../actor.ts'
import type { TokenBudget } from '../tokens/token.ts'

/** The token that pays for what an actor does. */
export interface Payer {
  readonly id: string
  readonly name: string
  /** Whether a page spends it, whose readers are told no figures. */
  readonly isPage: boolean
  readonly budget?: TokenBudget
}

/** Returns who pays: the token, for a page's token the one that asked for it; nobody for a channel's messages. */
export function payerOf(actor: Actor): Payer | undefined {
  if (actor.type !== 'token') return undefined
  const { id, name, budget, session } = actor.token
  return {
    id: session?.parentId ?? id,
    name: session?.parentName ?? name,
    isPage: session !== undefined,
    ...(budget ? { budget } : {}),
  }
}
