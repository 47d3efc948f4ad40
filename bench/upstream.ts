import net from 'node:net'
import {
  chatPath,
  type Dialect,
  jsonAnswer,
  modelId,
  type PreparedStream,
  plainAnswer,
  streamedAnswer,
} from './dialects.ts'
import { type Question, readQuestion } from './question.ts'

/** A provider on loopback that answers at once from bytes made before, so that the time measured is the gateway's. */
export interface Upstream {
  readonly port: number
  /** Sends the rest of every stream that was asked to hold. */
  release(): void
  close(): void
}

/** Starts the upstream on a free port of 127.0.0.1. It speaks both dialects, by path, over raw sockets. */
export async function startUpstream(): Promise<Upstream> {
  const held = new Set<() => void>()
  const sockets = new Set<net.Socket>()
  const answers = new Answers()
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    let pending: Buffer<ArrayBufferLike> = Buffer.alloc(0)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes])
      for (let request = takeRequest(pending); request !== undefined; request = takeRequest(pending)) {
        pending = pending.subarray(request.length)
        answer(socket, request, answers, held)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The upstream has no port.')
  return {
    port: address.port,
    release() {
      for (const finish of held) finish()
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

interface Request {
  readonly path: string
  readonly body: string
  /** Bytes that it took. */
  readonly length: number
}

// Every client here sends small JSON with a Content-Length; anything else is a mistake in the bench and ends it.
function takeRequest(bytes: Buffer): Request | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = bytes.toString('latin1', 0, headEnd)
  if (/\r\ntransfer-encoding:/i.test(head))
    throw new Error('The upstream takes requests with a Content-Length only.')
  const bodyBytes = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
  const length = headEnd + 4 + bodyBytes
  if (bytes.length < length) return undefined
  return { path: head.split(' ', 2)[1] ?? '', body: bytes.toString('utf8', headEnd + 4, length), length }
}

function answer(socket: net.Socket, request: Request, answers: Answers, held: Set<() => void>): void {
  if (request.path === '/v1/models') {
    socket.write(jsonAnswer({ object: 'list', data: [{ id: modelId, object: 'model', owned_by: 'bench' }] }))
    return
  }
  const dialect = request.path === chatPath('anthropic') ? 'anthropic' : 'openai'
  const question = readQuestion(request.body)
  if (!question.stream) {
    socket.write(answers.plain(dialect, question.chunks))
  } else if (question.paceMs === 0 && !question.hold) {
    socket.write(answers.stream(dialect, question.chunks).whole)
  } else {
    paced(socket, question, answers.stream(dialect, question.chunks), held)
  }
}

function paced(
  socket: net.Socket,
  question: Question,
  prepared: PreparedStream,
  held: Set<() => void>,
): void {
  let next = 0
  const frame = (): Buffer => prepared.frames[next++] ?? Buffer.alloc(0)
  const stop = (): void => {
    clearInterval(timer)
    held.delete(finish)
    socket.removeListener('close', stop)
  }
  const finish = (): void => {
    stop()
    socket.write(Buffer.concat([...prepared.frames.slice(next), prepared.tail]))
  }
  const timer = setInterval(
    () => {
      if (next < prepared.frames.length) socket.write(frame())
      if (next >= prepared.frames.length && !question.hold) finish()
    },
    question.hold ? 1000 : question.paceMs,
  )
  socket.on('close', stop)
  if (question.hold) held.add(finish)
  socket.write(Buffer.concat([prepared.head, frame()]))
}

class Answers {
  readonly #plain = new Map<string, Buffer>()
  readonly #streams = new Map<string, PreparedStream>()

  plain(dialect: Dialect, chunks: number): Buffer {
    return remember(this.#plain, `${dialect} ${chunks}`, () => plainAnswer(dialect, chunks))
  }

  stream(dialect: Dialect, chunks: number): PreparedStream {
    return remember(this.#streams, `${dialect} ${chunks}`, () => streamedAnswer(dialect, chunks))
  }
}

function remember<T>(known: Map<string, T>, key: string, make: () => T): T {
  const found = known.get(key)
  if (found !== undefined) return found
  const made = make()
  known.set(key, made)
  return made
}
