import { invisibleClass } from './invisible-characters.ts'

/**
 * True where a text carries more invisible characters than a script, an emoji or a careless copy explains: three tags outside a flag, four
 * variation selectors in a row, or eight of any kind in a row.
 */
export function hidesCharacters(text: string): boolean {
  return hidden.test(text)
}

/** Returns what the tag characters of a text say in ASCII, at most 4,096 characters, '' where there are none. */
export function tagText(text: string): string {
  let said = ''
  for (const [tag] of text.matchAll(tags)) {
    if (said.length === tagsMax) break
    said += String.fromCharCode((tag.codePointAt(0) ?? 0) - 0xe0000)
  }
  return said
}

const tagsMax = 4096
const tags = /[\u{E0020}-\u{E007E}]/gu
const hidden = new RegExp(
  `(?<!\\u{1F3F4}[\\u{E0020}-\\u{E007F}]{0,5})[\\u{E0020}-\\u{E007F}]{3}|[\\uFE00-\\uFE0F\\u{E0100}-\\u{E01EF}]{4}|[${invisibleClass}]{8}`,
  'u',
)
