import { table } from './output.ts'

type Fields = Readonly<Record<string, unknown>>

const megabyte = 1024 * 1024

/** Returns the health of a gateway as lines for people: one for the whole, one for each part that is told of. */
export function statusLines(url: string, body: Fields): readonly string[] {
  const { status, version, uptime, ...parts } = body
  const whole = ['gateway', text(status), `version ${text(version)}, up ${duration(uptime)}, ${url}`]
  return table([whole, ...Object.entries(parts).map(([name, part]) => partRow(name, fields(part)))])
}

function partRow(name: string, part: Fields): readonly string[] {
  const status = part.status === undefined ? '-' : text(part.status)
  const detail = [details[name]?.(part) ?? '', part.sentence === undefined ? '' : text(part.sentence)]
  return [name, status, detail.filter((words) => words !== '').join('. ')]
}

const details: Readonly<Record<string, (part: Fields) => string>> = {
  channels: (part) =>
    Object.entries(part)
      .map(([name, channel]) => `${name} ${text(fields(channel).status)}`)
      .join(', ') || 'none',
  models: (part) => list(part.providers).map(providerWords).join(', '),
  store: (part) => `${text(part.engine)}, ${text(part.queued)} queued`,
  webhooks: (part) => `endpoints ${text(part.endpoints)}`,
  memory: (part) => `${Math.round(Number(part.rssBytes) / megabyte)} MB`,
  eventLoop: (part) => `delay ${text(part.delayP99Ms)} ms`,
}

function providerWords(provider: Fields): string {
  const state = provider.status === 'ok' ? '' : ` ${text(provider.status)}`
  return `${text(provider.name)}${state} (${text(provider.models)} models)`
}

function duration(seconds: unknown): string {
  const total = Math.floor(Number(seconds))
  const [days, hours, minutes] = [
    Math.floor(total / 86_400),
    Math.floor(total / 3_600) % 24,
    Math.floor(total / 60) % 60,
  ]
  if (days > 0) return `${days} d ${hours} h`
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min` : `${total} s`
}

// What comes over a socket is shown on one line, without anything that a terminal obeys.
function text(value: unknown): string {
  return String(value)
    .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .slice(0, 1000)
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fields) : []
}
