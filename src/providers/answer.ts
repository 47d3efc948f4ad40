import type { Answer, AnswerBody } from './exchange.ts'
import { brokenAnswer, type Identity } from './failures.ts'

/** A whole body larger than this is refused. */
export const bodyBytesMax = 32 * 1024 * 1024

/** What an answer turned out to be, whatever was asked for; `head` is what was read to find out. */
export interface AnswerKind {
  readonly kind: 'json' | 'events'
  readonly head?: Buffer
}

/** Tells JSON from an event stream by the content type, or by the first bytes where that says neither. Throws `provider_error` for anything else. */
export async function kindOf(who: Identity, answer: Answer): Promise<AnswerKind> {
  const contentType = answer.headers['content-type'] ?? ''
  if (/^text\/event-stream\b/i.test(contentType)) return { kind: 'events' }
  if (/^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType)) return { kind: 'json' }
  const head = await answer.body.next()
  const start = head?.toString('latin1', 0, 64).trimStart() ?? ''
  if (head !== undefined && start.startsWith('{')) return { kind: 'json', head }
  if (head !== undefined && /^(?:data|event|id|retry)?:/.test(start)) return { kind: 'events', head }
  const declared = contentType.slice(0, 80).replaceAll(/[^\x21-\x7e ]/g, '?') || 'no content type'
  throw brokenAnswer(who, `answered with ${declared} and a body that is neither JSON nor an event stream`)
}

/** Reads a whole body as UTF-8. Throws `provider_error` beyond `bytesMax`. */
export async function readText(
  who: Identity,
  body: AnswerBody,
  bytesMax: number,
  head?: Buffer,
): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for (let piece = head ?? (await body.next()); piece !== undefined; piece = await body.next()) {
    bytes += piece.length
    if (bytes > bytesMax) throw brokenAnswer(who, `answered with more than ${bytesMax} bytes`)
    pieces.push(piece)
  }
  const [only] = pieces
  return (pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces)).toString('utf8')
}

/** Parses what a provider sent. Throws `provider_error` without showing any of it. */
export function parseAnswer(who: Identity, what: string, json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    // The engine's own error quotes the text around the mistake, which is somebody's conversation.
    throw brokenAnswer(who, `sent ${what} that is not valid JSON`)
  }
}
