import type { RenderedPart } from './channel.ts'
import type { OutboundMessage } from './channel-store.ts'

const nonceIdLength = 22
const ordinalLength = 3

/**
 * Returns a message ready to be stored, with a nonce for each part: the end of its id and the part's number, 25 characters, so that it is
 * the same in every try.
 */
export function outgoingMessage(
  message: Omit<OutboundMessage, 'parts' | 'kind'>,
  parts: readonly RenderedPart[],
): OutboundMessage {
  const stem = message.id.slice(-nonceIdLength)
  return {
    ...message,
    kind: message.details.kind,
    parts: parts.map(({ text, plain }, ordinal) => ({
      text: text.toWellFormed(),
      ...(plain === undefined ? {} : { plain: plain.toWellFormed() }),
      nonce: `${stem}${ordinal.toString(36).padStart(ordinalLength, '0')}`,
    })),
  }
}
