/**
 * Returns text in which no two backticks stand together: an invisible space parts them, since a fence or inline code would end there and
 * neither Discord nor Slack has an escape for it. `before` is the end of what stands before the text.
 */
export function separateTicks(text: string, before: string): string {
  if (!text.includes('`')) return text
  const apart = text.replace(/`(?=`)/g, '`\u200b')
  return before.endsWith('`') && text.startsWith('`') ? `\u200b${apart}` : apart
}
