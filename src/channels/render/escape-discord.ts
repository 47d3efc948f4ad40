const lineStart = /^(?:#{1,3}|-#|[-*+]|>|>>>)$/
/** Mentions, emoji, times, commands and addresses without a preview. */
const tag = /^<(?:[@#]|a?:\w|t:|id:|https?:|\/[\w -]+:)/i
const numbered = /^(\d+)([.)])$/

/**
 * Escapes what Discord would take for Markdown in a word, and nothing else. `before` is what stands before it in its line, `next` the
 * character behind it; both empty at the line's ends.
 */
export function escapeDiscord(word: string, before: string, next: string, isInLink: boolean): string {
  if (before === '' && (next === ' ' || next === '')) {
    if (lineStart.test(word)) return `\\${word}`
    const number = numbered.exec(word)
    if (number !== null) return `${number[1]}\\${number[2]}`
  }
  if (!/[\\*_~`|<[\]:@]/.test(word)) return before === '' && word.startsWith('>>>') ? `\\${word}` : word
  return word.replace(/[\\*_~`|<[\]]/g, (sign, at: number) => {
    const left = word.charAt(at - 1) || before.slice(-1)
    const right = word.charAt(at + 1) || next
    return isTaken(sign, left, right, word.slice(at), isInLink) ? `\\${sign}` : sign
  })
}

function isTaken(sign: string, left: string, right: string, rest: string, isInLink: boolean): boolean {
  switch (sign) {
    case '\\':
      return right !== '' && /[^\p{L}\p{N}\s]/u.test(right)
    case '*':
      return !(isSpace(left) && isSpace(right))
    case '_':
      return left === '_' || right === '_' || !(isWordy(left) && isWordy(right))
    case '~':
    case '|':
      return left === sign || right === sign
    case '<':
      return tag.test(rest)
    case '[':
      return isInLink
    case ']':
      return isInLink || right === '('
    default:
      return true
  }
}

function isSpace(unit: string): boolean {
  return unit === '' || /\s/.test(unit)
}

function isWordy(unit: string): boolean {
  return /^\w$/.test(unit)
}
