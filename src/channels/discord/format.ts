import type { OutgoingPart } from '../../domain/channels/channel.ts'

/** The body of `POST /channels/:id/messages`, as far as the gateway uses it. */
export interface CreateMessage {
  readonly content: string
  readonly nonce: string
  readonly enforce_nonce: true
  readonly allowed_mentions: { readonly parse: readonly never[]; readonly replied_user: false }
  readonly message_reference?: { readonly message_id: string; readonly fail_if_not_exists: false }
}

/**
 * Writes a part as Discord takes it. Its nonce is enforced, so that Discord posts it once however often it is asked; no word of it rings
 * anybody; the first part answers the message that it is about, in a server, where people talk across one another.
 */
export function createMessage({ text, nonce, ordinal, route }: OutgoingPart): CreateMessage {
  const { replyTo } = route
  return {
    content: text,
    nonce,
    enforce_nonce: true,
    allowed_mentions: { parse: [], replied_user: false },
    ...(replyTo === undefined || ordinal > 0
      ? {}
      : { message_reference: { message_id: replyTo, fail_if_not_exists: false as const } }),
  }
}
