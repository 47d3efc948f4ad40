const titleCharactersMax = 80

/** Makes a conversation's title from its first message: one line, at most 80 characters. */
export function titleOf(message: string): string {
  // The first kilobyte is enough for 80 characters, and keeps a long message cheap.
  const line = message.slice(0, 1024).replace(/\s+/gu, ' ').trim()
  const characters = [...line]
  if (characters.length <= titleCharactersMax) return line
  return `${characters
    .slice(0, titleCharactersMax - 1)
    .join('')
    .trimEnd()}…`
}
