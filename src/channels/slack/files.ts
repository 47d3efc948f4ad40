import { type Fields, textAt } from '../fields.ts'

const nameMax = 200

/** Returns a file as text in brackets, such as `[photo]` or `[document: report.pdf]`. */
export function fileText(file: Fields): string {
  const subtype = textAt(file, 'subtype')
  if (subtype === 'slack_audio') return '[voice message]'
  if (subtype === 'slack_video') return '[video message]'
  const type = (textAt(file, 'mimetype') ?? '').split('/')[0]
  if (type === 'image') return '[photo]'
  if (type === 'video' || type === 'audio') return `[${type}]`
  return `[document${about(textAt(file, 'title') ?? textAt(file, 'name'))}]`
}

// On one line and without brackets, so that a file's name cannot look like something else.
function about(name: string | undefined): string {
  const line = (name ?? '')
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[[\]]/g, '')
    .trim()
  return line === '' ? '' : `: ${line.slice(0, nameMax).toWellFormed()}`
}
