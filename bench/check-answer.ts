import { type Question, textOf } from './question.ts'

/** The shape in which an answer comes: the upstream's two dialects, and ours. */
export type Wire = 'openai' | 'anthropic' | 'openclaw'

/** Throws unless the answer is 200, ends as its wire says it must, and holds the text that was asked for. Returns its text frames. */
export function checkAnswer(wire: Wire, question: Question, bytes: Buffer): number {
  const { status, body } = splitAnswer(bytes)
  if (status !== 200) throw new Error(`Status ${status} instead of 200: ${body.slice(0, 300)}`)
  const read = question.stream ? readStream(wire, body) : readPlain(wire, body)
  if (!read.ended) throw new Error(`The answer did not end as it should: …${body.slice(-300)}`)
  if (read.text !== textOf(question.chunks)) {
    throw new Error(
      `Not the text that was asked for: ${read.text.length} characters, ${read.text.slice(0, 100)}…`,
    )
  }
  return read.frames
}

/** Splits an HTTP/1.1 answer; a chunked body is joined. Throws where the body is cut. */
export function splitAnswer(bytes: Buffer): { status: number; body: string } {
  const headEnd = bytes.indexOf('\r\n\r\n')
  const head = bytes.toString('latin1', 0, headEnd)
  const status = Number(head.slice(9, 12))
  const start = headEnd + 4
  if (!/\r\ntransfer-encoding: *chunked/i.test(head))
    return { status, body: bytes.toString('utf8', start, bytes.length) }
  const parts: Buffer[] = []
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (Number.isNaN(size)) throw new Error('A chunk without a size.')
    if (size === 0) return { status, body: Buffer.concat(parts).toString('utf8') }
    at = lineEnd + 2 + size + 2
    parts.push(bytes.subarray(lineEnd + 2, at - 2))
  }
}

/** Follows keys into a parsed JSON value; undefined where one is missing. */
export function pick(value: unknown, ...keys: readonly (string | number)[]): unknown {
  let found = value
  for (const key of keys) found = isRecord(found) ? found[key] : undefined
  return found
}

function isRecord(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null
}

interface Read {
  readonly text: string
  readonly ended: boolean
  readonly frames: number
}

function readPlain(wire: Wire, body: string): Read {
  const json: unknown = JSON.parse(body)
  switch (wire) {
    case 'openai':
      return plain(
        pick(json, 'choices', 0, 'message', 'content'),
        pick(json, 'choices', 0, 'finish_reason') === 'stop',
      )
    case 'anthropic':
      return plain(pick(json, 'content', 0, 'text'), pick(json, 'stop_reason') === 'end_turn')
    case 'openclaw':
      return plain(pick(json, 'content'), pick(json, 'finishReason') === 'stop')
  }
}

function plain(text: unknown, ended: boolean): Read {
  return { text: String(text), ended, frames: 1 }
}

function readStream(wire: Wire, body: string): Read {
  let text = ''
  let frames = 0
  let last: unknown
  let finished = false
  for (const frame of body.split('\n\n')) {
    const at = frame.indexOf('data: ')
    if (at < 0) continue
    const data = frame.slice(at + 6)
    last = data === '[DONE]' ? data : JSON.parse(data)
    const piece = pieceOf(wire, last)
    if (typeof piece === 'string' && piece !== '') {
      text += piece
      frames += 1
    }
    if (isFinish(wire, last)) finished = true
  }
  return { text, ended: finished && isLast(wire, last), frames }
}

function pieceOf(wire: Wire, frame: unknown): unknown {
  switch (wire) {
    case 'openai':
      return pick(frame, 'choices', 0, 'delta', 'content')
    case 'anthropic':
      return pick(frame, 'delta', 'text')
    case 'openclaw':
      return pick(frame, 'type') === 'delta' ? pick(frame, 'content') : undefined
  }
}

function isFinish(wire: Wire, frame: unknown): boolean {
  switch (wire) {
    case 'openai':
      return pick(frame, 'choices', 0, 'finish_reason') === 'stop'
    case 'anthropic':
      return pick(frame, 'delta', 'stop_reason') === 'end_turn'
    case 'openclaw':
      return pick(frame, 'finishReason') === 'stop'
  }
}

function isLast(wire: Wire, frame: unknown): boolean {
  switch (wire) {
    case 'openai':
      return frame === '[DONE]'
    case 'anthropic':
      return pick(frame, 'type') === 'message_stop'
    case 'openclaw':
      return pick(frame, 'type') === 'done'
  }
}
