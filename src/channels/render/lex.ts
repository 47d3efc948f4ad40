import { Lexer, type MarkedToken, type Token } from 'marked'
import { BoundedTokenizer } from './bounded-tokenizer.ts'

/** References, in which emphasis should not begin: a thousand steps for each bracket of every paragraph are too many for that. */
const nothing = /(?!)/g
/** Escapes and code, in which emphasis should not begin: as the lexer's own rule, but code is looked for within a thousand characters. */
const codeOrEscape = /(`+)(?:[^`]|[^`][\s\S]{0,998}?[^`])\1(?!`)|`+|\\([\p{P}\p{S}])/gu

/** What the lexer made of a text. */
export interface Lexed {
  readonly tokens: readonly Token[]
  /** The addresses of link definitions that some link uses. */
  readonly definedHrefs: ReadonlySet<string>
}

/**
 * Reads Markdown (GFM) by marked's lexer within bounded time and depth: quotes, lists and styles nested deeper than 8, tables of more than
 * 100,000 cells, and signs after too many that begin nothing, stay text. Null where the lexer gives up.
 */
export function lex(markdown: string): Lexed | null {
  const tokenizer = new BoundedTokenizer(markdown)
  try {
    const lexer = new Lexer({ gfm: true, tokenizer })
    const inline = {
      ...tokenizer.rules.inline,
      reflinkSearch: nothing,
      anyPunctuationOutsideCode: codeOrEscape,
    }
    tokenizer.rules = { ...tokenizer.rules, inline }
    const tokens = lexer.lex(markdown)
    return { tokens, definedHrefs: tokenizer.definedHrefs }
  } catch {
    // It throws where it makes no progress, and where a container that it reads again is refused: the caller shows such a text as it is.
    return null
  }
}

const kinds: ReadonlySet<string> = new Set<MarkedToken['type']>([
  'blockquote',
  'br',
  'checkbox',
  'code',
  'codespan',
  'def',
  'del',
  'em',
  'escape',
  'heading',
  'hr',
  'html',
  'image',
  'link',
  'list',
  'list_item',
  'paragraph',
  'space',
  'strong',
  'table',
  'text',
])

/** Tells marked's own tokens, all that a lexer without extensions makes, from those of extensions. */
export function isOwnToken(token: Token): token is MarkedToken {
  return kinds.has(token.type)
}
