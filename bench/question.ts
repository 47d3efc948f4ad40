/** What one request asks of the upstream. It travels inside the message's text, so that every gateway passes it on. */
export interface Question {
  /** Tokens of the answer; each is a chunk of its own where the answer is a stream. */
  readonly chunks: number
  readonly stream: boolean
  /** Milliseconds between two chunks; 0 sends all of them back to back, in one write. */
  readonly paceMs: number
  /** True sends one chunk a second until the upstream is told to release the rest. */
  readonly hold: boolean
}

/** Stands in the first token of every answer and nowhere else: its arrival is the time to first token. */
export const firstToken = 'first'

/** Returns the message to send for a question. */
export function messageOf(question: Question): string {
  const { chunks, paceMs, hold } = question
  return `bench chunks=${chunks} pace=${paceMs} hold=${hold ? 1 : 0}`
}

/** Reads a question back from a request's body in either dialect. Throws where there is none. */
export function readQuestion(body: string): Question {
  const found = /bench chunks=(\d+) pace=(\d+) hold=([01])/.exec(body)
  if (found === null) throw new Error(`The upstream was sent no question: ${body.slice(0, 200)}`)
  return {
    chunks: Number(found[1]),
    stream: /"stream": ?true/.test(body),
    paceMs: Number(found[2]),
    hold: found[3] === '1',
  }
}

/** Returns the answer's tokens. */
export function tokensOf(chunks: number): readonly string[] {
  return Array.from({ length: chunks }, (_, index) => (index === 0 ? firstToken : ` w${index % 1000}`))
}

const texts = new Map<number, string>()

/** Returns the whole text of an answer, made once for each length. */
export function textOf(chunks: number): string {
  const known = texts.get(chunks)
  if (known !== undefined) return known
  const text = tokensOf(chunks).join('')
  texts.set(chunks, text)
  return text
}
