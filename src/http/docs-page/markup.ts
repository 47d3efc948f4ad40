/** HTML that goes into a page as it stands. Only {@link html} and the page's own constants make it. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What {@link html} takes between its pieces: text is escaped, markup stands as it is, a list is joined. */
export type Insert = string | number | Markup | readonly Insert[]

/** Makes markup of a template. Every string that is put in becomes text, also inside a quoted attribute. */
export function html(pieces: TemplateStringsArray, ...inserts: readonly Insert[]): Markup {
  let text = ''
  for (const [index, piece] of pieces.entries()) {
    const insert = inserts[index]
    text += piece + (insert === undefined ? '' : toText(insert))
  }
  return new Markup(text)
}

/** No markup. */
export const nothing = new Markup('')

/** Puts `separator` between the items. */
export function joined(items: readonly Insert[], separator: string): Insert[] {
  return items.flatMap((item, index) => (index === 0 ? [item] : [separator, item]))
}

/** Makes prose of a description: what stands between backticks is code. */
export function prose(description: string): Markup {
  const parts = description.split('`')
  // An odd number of backticks leaves one without its partner: then all of them are text.
  if (parts.length % 2 === 0) return html`${description}`
  return html`${parts.map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`))}`
}

function toText(insert: Insert): string {
  if (insert instanceof Markup) return insert.text
  if (typeof insert === 'string') return escapeText(insert)
  return typeof insert === 'number' ? String(insert) : insert.map(toText).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
