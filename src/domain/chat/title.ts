const titleCharactersMax = 80

/** Makes a conversation's title from its first message: one line, at most 80 characters. */
export function titleOf(message: string): string {
  // The first kilobyte is enough for 80 characters, and keeps a long message cheap. It may end in half a surrogate pair.
  const head = message
    .trimStart()
    .slice(0, 1024)
    .replace(/\p{Cs}$/u, '')
  const line = head.replace(/[\s\p{Cc}]+/gu, ' ').trim()
  const characters = [...line]
  if (characters.length <= titleCharactersMax) return line
  return `${characters
    .slice(0, titleCharactersMax - 1)
    .join('')
    .trimEnd()}…`
}
