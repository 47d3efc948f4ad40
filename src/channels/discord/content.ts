import { type Fields, fieldsAt, listAt, textAt } from '../fields.ts'

/** Whose mentions are cut from a text, and how channels are called. */
export interface Names {
  readonly botId: string
  /** Ids of the roles that stand for the bot itself. */
  readonly botRoleIds: ReadonlySet<string>
  channelName(id: string): string | undefined
}

const nameMax = 100
const pollAnswersMax = 10

/** Returns a message's text as people see it, and what is attached in brackets. Mentions of the bot are cut out. */
export function contentOf(message: Fields, names: Names): string {
  const text = readable(textAt(message, 'content') ?? '', message, names)
  return [text, ...placeholders(message)].filter((line) => line !== '').join('\n')
}

/** Returns how a person is called where a message stands: in the server, else everywhere. */
export function nameOf(user: Fields, member: Fields | undefined): string {
  const nick = member && textAt(member, 'nick')
  return nick ?? textAt(user, 'global_name') ?? textAt(user, 'username') ?? 'unknown'
}

// https://docs.discord.com/developers/reference#message-formatting
const formatted =
  /( ?)<(?:@!?(?<user>\d+)|@&(?<role>\d+)|#(?<channel>\d+)|a?:(?<emoji>\w+):\d+|\/(?<command>[^<>:\n]{1,100}):\d+|t:(?<time>-?\d{1,13})(?::[a-zA-Z])?|id:(?<guide>[a-z-]+))>( ?)/gu

function readable(text: string, message: Fields, names: Names): string {
  const people = new Map(
    listAt(message, 'mentions').map((user) => [textAt(user, 'id'), nameOf(user, fieldsAt(user, 'member'))]),
  )
  const channels = new Map(
    listAt(message, 'mention_channels').map((channel) => [textAt(channel, 'id'), textAt(channel, 'name')]),
  )
  const replaced = text.replace(formatted, (whole: string, before: string, ...rest: unknown[]) => {
    const groups: unknown = rest.at(-1)
    const after = whole.endsWith(' ') ? ' ' : ''
    if (typeof groups !== 'object' || groups === null) return whole
    const { user, role, channel, emoji, command, time, guide }: Readonly<Record<string, string | undefined>> =
      {
        ...groups,
      }
    const around = (words: string): string => `${before}${words}${after}`
    if (user === names.botId || (role !== undefined && names.botRoleIds.has(role))) {
      return before === '' ? '' : after
    }
    if (user !== undefined) return around(`@${people.get(user) ?? 'somebody'}`)
    if (role !== undefined) return around('@role')
    if (channel !== undefined) {
      return around(`#${channels.get(channel) ?? names.channelName(channel) ?? 'channel'}`)
    }
    if (emoji !== undefined) return around(`:${emoji}:`)
    if (command !== undefined) return around(`/${command}`)
    if (time !== undefined) return around(timeText(Number(time)) ?? whole.trim())
    return around(`#${guide}`)
  })
  return replaced === text ? text : replaced.trim()
}

function timeText(seconds: number): string | undefined {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace(/:00\.000Z$|\.000Z$/, 'Z')
}

function placeholders(message: Fields): readonly string[] {
  const attachments = listAt(message, 'attachments').map(attachmentText)
  const stickers = listAt(message, 'sticker_items').map((sticker) =>
    bracketed('sticker', textAt(sticker, 'name')),
  )
  // What Discord shows of a link says nothing that the link does not.
  const embeds = listAt(message, 'embeds').filter((embed) => embed.type === 'rich')
  return [...attachments, ...stickers, ...embeds.map(() => '[embed]'), ...pollText(message)]
}

function attachmentText(attachment: Fields): string {
  const type = textAt(attachment, 'content_type') ?? ''
  // Only voice messages have a waveform.
  if (textAt(attachment, 'waveform') !== undefined) return '[voice message]'
  const kind = /^(image|video|audio)\//.exec(type)?.[1] ?? 'file'
  return bracketed(kind, textAt(attachment, 'filename'))
}

function pollText(message: Fields): readonly string[] {
  const poll = fieldsAt(message, 'poll')
  const question = poll && fieldsAt(poll, 'question')
  if (!question) return []
  const answers = listAt(poll, 'answers')
    .slice(0, pollAnswersMax)
    .map((answer) => textAt(fieldsAt(answer, 'poll_media') ?? {}, 'text') ?? '')
  return [bracketed('poll', [textAt(question, 'text') ?? '', ...answers].join(' / '), 4 * nameMax)]
}

function bracketed(kind: string, name: string | undefined, max = nameMax): string {
  const clean = (name ?? '').replace(/[\p{C}[\]]+/gu, ' ').trim()
  return clean === '' ? `[${kind}]` : `[${kind}: ${clean.slice(0, max).toWellFormed()}]`
}
