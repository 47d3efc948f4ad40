import type { Token } from './tokens/token.ts'

/** Who acts. Variants are told apart by `type`. */
export type Actor =
  | { readonly type: 'token'; readonly token: Token }
  | { readonly type: 'channel'; readonly channel: string; readonly id: string; readonly name: string }
  | { readonly type: 'cli' }
  | { readonly type: 'worker'; readonly name: string }

/** Which conversations an actor can see: all, or those opened by its own token beside those of the channels. */
export type Visibility = { readonly all: true } | { readonly all: false; readonly owner: string }

/** Returns what an actor can see. A token without `admin` sees its own conversations and those of the channels. */
export function visibleTo(actor: Actor): Visibility {
  if (actor.type !== 'token' || actor.token.scopes.includes('admin')) return { all: true }
  return { all: false, owner: actor.token.id }
}

/** The id that owns what an actor opens: the token's id, or null where a channel owns it. */
export function ownerOf(actor: Actor): string | null {
  return actor.type === 'token' ? actor.token.id : null
}

/** The models that an actor may use, as its token's `models` lists them, or null for all. */
export function modelsOf(actor: Actor): readonly string[] | null {
  return actor.type === 'token' ? actor.token.models : null
}
