/** A part of a text that is shown in another way. Offset and length are UTF-16 units. */
export interface TextEntity {
  readonly type: string
  readonly offset: number
  readonly length: number
  readonly url?: string
  readonly language?: string
}

/** What Telegram makes of a text in its HTML mode, or the words in which it refuses it. */
export type ParsedHtml =
  | { readonly text: string; readonly entities: readonly TextEntity[] }
  | { readonly refusal: string }

const typeOfTag: Readonly<Record<string, string>> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  span: 'spoiler',
  'tg-spoiler': 'spoiler',
  'tg-emoji': 'custom_emoji',
  a: 'text_link',
  code: 'code',
  pre: 'pre',
  blockquote: 'blockquote',
}
const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' }

interface OpenTag {
  readonly name: string
  readonly argument: string
  readonly offset: number
}

/**
 * Parses a text as Telegram does in its HTML mode: the same tags, the same references, the same refusals in the same words, after `parse_html`
 * in TDLib's MessageEntity.cpp. What is no known reference stays as it is; every `<` begins a tag.
 */
export function parseTelegramHtml(html: string): ParsedHtml {
  const open: OpenTag[] = []
  const entities: TextEntity[] = []
  let text = ''
  let at = 0
  const byteAt = (index: number): number => Buffer.byteLength(html.slice(0, index))
  while (at < html.length) {
    const character = html.charAt(at)
    if (character === '&') {
      const reference = referenceAt(html, at)
      text += reference?.text ?? '&'
      at = reference?.end ?? at + 1
    } else if (character !== '<') {
      text += character
      at += 1
    } else if (html.charAt(at + 1) === '/') {
      const tag = open.at(-1)
      if (!tag) return { refusal: `Unexpected end tag at byte offset ${byteAt(at)}` }
      const end = /^<\/([^\s>]*)\s*(>?)/.exec(html.slice(at))
      if (end?.[2] !== '>') return { refusal: `Unclosed end tag at byte offset ${byteAt(at)}` }
      const name = (end[1] ?? '').toLowerCase()
      if (name !== '' && name !== tag.name) {
        return {
          refusal: `Unmatched end tag at byte offset ${byteAt(at)}, expected "</${tag.name}>", found "</${name}>"`,
        }
      }
      if (text.length > tag.offset) entities.push(entityOf(tag, text))
      open.pop()
      at += end[0].length
    } else {
      const tag = startTagAt(html, at, byteAt(at))
      if ('refusal' in tag) return tag
      open.push({ name: tag.name, argument: tag.argument, offset: text.length })
      at = tag.end
    }
  }
  const unclosed = open.at(-1)
  if (unclosed) return { refusal: `Can't find end tag corresponding to start tag "${unclosed.name}"` }
  return { text, entities }
}

function referenceAt(html: string, at: number): { readonly text: string; readonly end: number } | undefined {
  const found = /^&(?:#x([0-9a-f]*)|#(\d*)|([a-z]*))/i.exec(html.slice(at, at + 40))
  if (!found) return undefined
  const [whole, hex, decimal, name] = found
  const end = at + whole.length + (html.charAt(at + whole.length) === ';' ? 1 : 0)
  if (name !== undefined) {
    const character = named[name]
    return character === undefined ? undefined : { text: character, end }
  }
  const code = hex === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hex, 16)
  if (!(code > 0 && code < 0x10ffff) || whole.length >= 10) return undefined
  return { text: String.fromCodePoint(code), end }
}

function startTagAt(
  html: string,
  at: number,
  byte: number,
): { readonly name: string; readonly argument: string; readonly end: number } | { readonly refusal: string } {
  const head = /^<([^\s>]*)/.exec(html.slice(at))
  const name = (head?.[1] ?? '').toLowerCase()
  let end = at + (head?.[0].length ?? 1)
  if (end >= html.length) return { refusal: `Unclosed start tag at byte offset ${byte}` }
  if (!Object.hasOwn(typeOfTag, name))
    return { refusal: `Unsupported start tag "${name}" at byte offset ${byte}` }
  let argument = ''
  for (;;) {
    end += /^\s*/.exec(html.slice(end))?.[0].length ?? 0
    if (html.charAt(end) === '>') break
    const attribute = /^([^\s=>]*)\s*(=?)\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9.-]*))/.exec(html.slice(end))
    const key = attribute?.[1] ?? ''
    if (end >= html.length) return { refusal: `Unclosed start tag at byte offset ${byte}` }
    if (key === '') return { refusal: `Empty attribute name in the tag "${name}" at byte offset ${byte}` }
    if (attribute?.[2] !== '=') {
      if (name !== 'blockquote' || key !== 'expandable') {
        return {
          refusal: `Expected equal sign in declaration of an attribute of the tag "${name}" at byte offset ${byte}`,
        }
      }
      end += key.length
      continue
    }
    end += attribute[0].length
    if (!/^[\s>]/.test(html.slice(end))) {
      const isUnclosed = end >= html.length || attribute[5] === ''
      return {
        refusal: isUnclosed
          ? `Unclosed start tag at byte offset ${byte}`
          : `Unexpected end of name token at byte offset ${byte}`,
      }
    }
    const value = unescaped(attribute[3] ?? attribute[4] ?? attribute[5]?.toLowerCase() ?? '')
    if (name === 'a' && key === 'href') argument = value
    if (name === 'code' && key === 'class' && value.startsWith('language-')) argument = value.slice(9)
    if (name === 'span' && key === 'class' && value.startsWith('tg-')) argument = value.slice(3)
    if (name === 'tg-emoji' && key === 'emoji-id') argument = value
  }
  if (name === 'span' && argument !== 'spoiler') {
    return { refusal: `Tag "span" must have class "tg-spoiler" at byte offset ${byte}` }
  }
  return { name, argument, end: end + 1 }
}

function entityOf({ name, argument, offset }: OpenTag, text: string): TextEntity {
  const type = typeOfTag[name] ?? 'unknown'
  const entity = { type, offset, length: text.length - offset }
  if (name === 'a') return { ...entity, url: argument === '' ? text.slice(offset) : argument }
  return name === 'code' && argument !== '' ? { ...entity, language: argument } : entity
}

function unescaped(value: string): string {
  let text = ''
  for (let at = 0; at < value.length; ) {
    const reference = value.charAt(at) === '&' ? referenceAt(value, at) : undefined
    text += reference?.text ?? value.charAt(at)
    at = reference?.end ?? at + 1
  }
  return text
}
