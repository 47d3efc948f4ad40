import type { Named } from './names.ts'

type NamesById = ReadonlyMap<string, Named>

// `<` never stands for itself in Slack's text, so each `<…>` is an entity: https://docs.slack.dev/messaging/formatting-message-text
const entities = /<([^<>]*)>/g

/** Returns the ids of the people and channels that a text mentions without their names. */
export function mentionedIds(text: string): readonly string[] {
  return [...text.matchAll(/<[@#]([A-Z0-9]+)(?:\|)?>/g)].map(([, id]) => id ?? '')
}

/** Tells whether a text mentions somebody. */
export function mentions(text: string, userId: string): boolean {
  return text.includes(`<@${userId}>`) || text.includes(`<@${userId}|`)
}

/** Returns a text without the mention of the bot, and without the comma or colon that follows one at the start. */
export function withoutMention(text: string, botUserId: string): string {
  const mention = new RegExp(`<@${botUserId.replace(/\W/g, '\\$&')}(?:\\|[^<>]*)?>`)
  const [first = '', ...rest] = text.split(mention)
  const isAtStart = first.trim() === ''
  const words = rest.reduce((before, after, index) => {
    if (index === 0 && isAtStart) return after.replace(/^[,:]/, '')
    return /^[.,:;!?]/.test(after) ? before.trimEnd() + after : before + after.replace(/^[ \t]/, '')
  }, first)
  return words.trim()
}

/** Returns what a person sees of Slack's text: names, addresses and signs for entities, nothing escaped. */
export function readableText(text: string, names: NamesById): string {
  let readable = ''
  let end = 0
  for (const match of text.matchAll(entities)) {
    readable += unescaped(text.slice(end, match.index)) + entityText(match[1] ?? '', names)
    end = match.index + match[0].length
  }
  return readable + unescaped(text.slice(end))
}

function entityText(entity: string, names: NamesById): string {
  const bar = entity.indexOf('|')
  const target = bar < 0 ? entity : entity.slice(0, bar)
  const label = bar < 0 ? '' : unescaped(entity.slice(bar + 1))
  const id = target.slice(1)
  switch (target.charAt(0)) {
    case '@':
      return `@${names.get(id)?.name || label || id}`
    case '#':
      return `#${label || names.get(id)?.name || id}`
    case '!':
      return commandText(id, label)
    default:
      return linkText(unescaped(target), label)
  }
}

// `<!here>`, `<!subteam^S123|@team>`, `<!date^1392734382^{date}|Feb 18, 2014>`.
function commandText(command: string, label: string): string {
  if (command.startsWith('date^')) return label
  if (label !== '') return label.startsWith('@') ? label : `@${label}`
  return `@${command.replace(/^subteam\^/, '')}`
}

// Slack writes `<http://example.com|example.com>` for what a person typed as `example.com`.
function linkText(address: string, label: string): string {
  const bare = address.replace(/^(?:mailto|tel):/, '')
  if (label === '' || label === address || label === bare) return bare
  if (address === `http://${label}` || address === `https://${label}`) return label
  return `${label} (${bare})`
}

function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt);/g, (_, name) => signs[String(name)] ?? '')
}

const signs: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>' }
