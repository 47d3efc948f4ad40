import { type Fields, fieldsAt, integerAt, isFields, listAt, textAt } from '../fields.ts'

/** What a message holds. */
export interface MessageContent {
  /** Everything, with attachments as text in brackets. */
  readonly text: string
  /** The text or the caption alone, to which the entities belong. */
  readonly words: string
  /** What stands before the words. */
  readonly attachments: string
}

/** Returns what a message holds, or undefined where it is none that a person writes: a service message. */
export function contentOf(message: Fields): MessageContent | undefined {
  const rich = fieldsAt(message, 'rich_message')
  const words =
    textAt(message, 'text') ?? textAt(message, 'caption') ?? (rich ? richTextOf(rich.blocks).trim() : '')
  const attachments = attachmentOf(message) ?? ''
  if (words === '' && attachments === '') return undefined
  return { text: [attachments, words].filter((part) => part !== '').join('\n'), words, attachments }
}

// The first that fits counts: Telegram sets `document` beside `animation`, `photo` beside `live_photo`, `location` beside `venue`.
const attachmentKinds: readonly (readonly [key: string, describe: (value: Fields) => string])[] = [
  ['animation', () => 'GIF'],
  ['live_photo', () => 'live photo'],
  ['audio', (audio) => `audio${about(join([textAt(audio, 'performer'), textAt(audio, 'title')], ' – '))}`],
  ['voice', (voice) => `voice message${lengthOf(voice)}`],
  ['video', (video) => `video${lengthOf(video)}`],
  ['video_note', (video) => `video message${lengthOf(video)}`],
  ['document', (file) => `document${about(textAt(file, 'file_name'))}`],
  ['sticker', (sticker) => `sticker${about(textAt(sticker, 'emoji'))}`],
  ['story', () => 'story'],
  ['paid_media', () => 'paid media'],
  ['contact', (contact) => `contact${about(contactOf(contact))}`],
  [
    'dice',
    (dice) => `dice${about(join([textAt(dice, 'emoji'), integerAt(dice, 'value')?.toString()], ' '))}`,
  ],
  ['game', (game) => `game${about(textAt(game, 'title'))}`],
  ['poll', (poll) => `poll${about(pollOf(poll))}`],
  ['venue', (venue) => `venue${about(join([textAt(venue, 'title'), textAt(venue, 'address')], ', '))}`],
  ['location', (location) => `location${about(placeOf(location))}`],
  ['checklist', (list) => `checklist${about(checklistOf(list))}`],
]

const describedMax = 1000

function attachmentOf(message: Fields): string | undefined {
  for (const [key, describe] of attachmentKinds) {
    const value = fieldsAt(message, key)
    if (value) return `[${describe(value)}]`
  }
  return listAt(message, 'photo').length > 0 ? '[photo]' : undefined
}

// On one line and without brackets, so that a file's name cannot look like something else.
function about(text: string | undefined): string {
  const line = (text ?? '')
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[[\]]/g, '')
    .trim()
  return line === '' ? '' : `: ${line.slice(0, describedMax).toWellFormed()}`
}

function lengthOf(media: Fields): string {
  const seconds = integerAt(media, 'duration')
  return seconds === undefined ? '' : `, ${seconds} s`
}

function contactOf(contact: Fields): string {
  const name = join([textAt(contact, 'first_name'), textAt(contact, 'last_name')], ' ')
  return join([name, textAt(contact, 'phone_number')], ', ')
}

function placeOf({ latitude, longitude }: Fields): string {
  return typeof latitude === 'number' && typeof longitude === 'number' ? `${latitude}, ${longitude}` : ''
}

function pollOf(poll: Fields): string {
  const options = listAt(poll, 'options').map((option) => textAt(option, 'text'))
  return join([textAt(poll, 'question'), join(options, ' / ')], ' – ')
}

function checklistOf(list: Fields): string {
  const tasks = listAt(list, 'tasks').map((task) => textAt(task, 'text'))
  return join([textAt(list, 'title'), join(tasks, ' / ')], ' – ')
}

function join(parts: readonly (string | undefined)[], separator: string): string {
  return parts.filter((part) => part !== undefined && part !== '').join(separator)
}

const richDepthMax = 40

// The text of a rich message (https://core.telegram.org/bots/api#richmessage), a block a line, without its form.
function richTextOf(value: unknown, depth = 0): string {
  if (depth > richDepthMax) return ''
  if (typeof value === 'string') return value
  if (Array.isArray(value)) {
    return value.map((item) => richTextOf(item, depth + 1)).join(value.some(isBlock) ? '\n' : '')
  }
  if (!isFields(value)) return ''
  const inline = value.text ?? value.alternative_text ?? value.expression
  const blocks = value.blocks ?? value.items ?? value.cells
  return [value.label, value.summary, inline, blocks, value.credit]
    .map((part) => richTextOf(part, depth + 1))
    .filter((part) => part !== '')
    .join(' ')
}

const blockTypes =
  /^(?:paragraph|heading|section_heading|pre|preformatted|footer|divider|list|block|expandable|pull|collage|slideshow|table|details|math)/

function isBlock(value: unknown): boolean {
  if (Array.isArray(value)) return true
  return isFields(value) && (value.blocks !== undefined || blockTypes.test(textAt(value, 'type') ?? ''))
}
