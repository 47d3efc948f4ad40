import net from 'node:net'
import { firstToken } from './question.ts'

/** One HTTP answer as it came from the socket. Times are milliseconds of `performance.now()`. */
export interface RawAnswer {
  readonly bytes: Buffer
  readonly askedAt: number
  /** When the first token arrived; 0 where none did. */
  readonly firstTokenAt: number
  readonly endedAt: number
}

/**
 * One keep-alive HTTP/1.1 connection over a raw socket, for one request at a time. It finds where an answer ends and nothing more, so
 * that the load costs little beside what it measures. Rejects where the socket closes or is silent for 30 s.
 */
export class Connection {
  readonly #socket: net.Socket
  #parts: Buffer[] = []
  #received = 0
  #end: AnswerEnd | undefined
  #askedAt = 0
  #firstTokenAt = 0
  #waiting: { resolve(answer: RawAnswer): void; reject(error: Error): void } | undefined

  private constructor(socket: net.Socket) {
    this.#socket = socket
    socket.setTimeout(30_000, () => socket.destroy(new Error('No answer for 30 s.')))
    socket.on('data', (bytes) => this.#take(bytes))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('The connection closed before the answer ended.')))
  }

  /** Connects to a port of 127.0.0.1. */
  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.removeListener('error', reject)
        resolve(new Connection(socket))
      })
    })
  }

  /** Sends a whole request and resolves to its whole answer. */
  ask(request: Buffer): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#parts = []
      this.#received = 0
      this.#end = undefined
      this.#firstTokenAt = 0
      this.#waiting = { resolve, reject }
      this.#askedAt = performance.now()
      this.#socket.write(request)
    })
  }

  /** True as soon as the first token of the running answer is here. */
  get hasFirstToken(): boolean {
    return this.#firstTokenAt > 0
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  #take(bytes: Buffer): void {
    this.#parts.push(bytes)
    this.#received += bytes.length
    if (this.#firstTokenAt === 0 && bytes.includes(firstToken)) this.#firstTokenAt = performance.now()
    this.#end ??= findEnd(this.#parts)
    if (this.#end === undefined) return
    const ended = this.#end.chunked ? endsChunked(this.#parts) : this.#received >= this.#end.length
    if (ended) this.#finish()
  }

  #finish(): void {
    const [only] = this.#parts
    const bytes = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts)
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve({
      bytes,
      askedAt: this.#askedAt,
      firstTokenAt: this.#firstTokenAt,
      endedAt: performance.now(),
    })
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }
}

type AnswerEnd = { readonly chunked: true } | { readonly chunked: false; readonly length: number }

function findEnd(parts: readonly Buffer[]): AnswerEnd | undefined {
  const bytes = Buffer.concat(parts)
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = bytes.toString('latin1', 0, headEnd)
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return { chunked: true }
  return { chunked: false, length: headEnd + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0) }
}

const lastChunk = Buffer.from('\r\n0\r\n\r\n')

// The bytes of a last chunk cannot stand inside JSON or SSE frames, which hold no CR.
function endsChunked(parts: readonly Buffer[]): boolean {
  const last = parts.at(-1) ?? lastChunk
  if (last.length >= lastChunk.length) return last.subarray(-lastChunk.length).equals(lastChunk)
  return Buffer.concat(parts.slice(-lastChunk.length)).subarray(-lastChunk.length).equals(lastChunk)
}
