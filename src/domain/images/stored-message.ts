import type { Attachment } from './image.ts'

/** Returns a message as its conversation keeps it: images are not kept, `[image]` stands in their place. */
export function storedMessage(message: string, attachments: readonly Attachment[] | undefined): string {
  if (attachments === undefined || attachments.length === 0) return message
  return `${message}\n\n${attachments.map(() => '[image]').join(' ')}`
}
