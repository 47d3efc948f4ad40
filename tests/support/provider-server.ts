import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { giveAnswer } from './provider-answering.ts'

/** How a provider's server fails, for one request. */
export type Fault =
  /** Closes the socket instead of answering. */
  | 'reset-before-headers'
  /** Closes it after half of the answer. */
  | 'reset-mid-stream'
  /** Falls silent for ever, at three places. `RecordedRequest.stalled` tells when it is there. */
  | 'stall-before-headers'
  | 'stall-before-first-token'
  | 'stall-mid-stream'
  /** Ends a stream cleanly, and a plain body early, after half of the answer. */
  | 'truncate'
  /** Sends something that is not JSON after the first text. */
  | 'invalid-json'
  /** Sends one line of 100 MB. */
  | 'huge-line'
  /** Goes on saying the pieces for ever, as fast as they are taken. */
  | 'endless'

/** How one request is answered. Without any of this: correctly. */
export interface Behaviour {
  /** What the model says, in the pieces in which it streams it. */
  readonly pieces?: readonly string[]
  /** Calls of tools after what it says. `arguments` is what stands in the call, as JSON. */
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[]
  /** What it thinks first, signed. */
  readonly thinking?: string
  readonly inputTokens?: number
  readonly outputTokens?: number
  /** The dialect's own word for why the answer ended. */
  readonly stopReason?: string
  /** An answer that is sent as it stands, after the request was found correct. A body that is no string goes as JSON. */
  readonly reply?: Reply
  /** A stream of exactly these events; a string goes as it stands, anything else as JSON. */
  readonly events?: readonly unknown[]
  /** An error of the dialect's shape in the middle of a stream. */
  readonly errorEvent?: { readonly type: string; readonly message: string }
  /** Answers in this kind, whatever was asked for. */
  readonly as?: 'json' | 'events'
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Writes in pieces of so many bytes, each of which leaves by itself. */
  readonly bytesPerWrite?: number
  readonly lineEnd?: '\n' | '\r\n' | '\r'
  /** Puts a comment before every event. */
  readonly comments?: boolean
  /** Milliseconds before each event, and before the end. */
  readonly pauseMs?: number
  readonly fault?: Fault
}

/** A whole HTTP answer. */
export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** A request as the server has seen it. */
export interface RecordedRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The parsed JSON, undefined where it is none. */
  readonly body: unknown
  /** Resolves when a stall has been reached. */
  readonly stalled: Promise<void>
  /** Resolves when the answer is over: `complete` where all of it was handed over, else the client has left. `at` is `performance.now()`. */
  readonly closed: Promise<{ readonly complete: boolean; readonly at: number }>
  /** Bytes of the answer handed to the socket so far. */
  bytesWritten(): number
  /** True while the client takes nothing and the server's buffers are full. */
  isHeldBack(): boolean
  /** Resolves when `isHeldBack` has become true. */
  readonly heldBack: Promise<void>
}

/** A provider's server on a loopback port of its own. */
export interface ProviderServer extends AsyncDisposable {
  /** What goes into `baseUrl`. */
  readonly url: string
  readonly requests: readonly RecordedRequest[]
  /** Decides about the next request that nobody has decided about; several calls queue up. */
  next(behaviour: Behaviour): void
  /** Decides about every request for which `next` has nothing. Assign it. */
  behave: ((request: RecordedRequest) => Behaviour | undefined) | undefined
  /** Resolves with the request of that number, counted from 0, once it has come. */
  request(index: number): Promise<RecordedRequest>
  /** How many connections are open. */
  connections(): number
  /** How many connections have ever been made. */
  connectionsMade(): number
  /** Closes every connection and the port. Idempotent. */
  close(): Promise<void>
}

/** One event of a stream; `isText` where it carries a piece of the text. */
export interface ServerEvent {
  readonly event?: string
  readonly data: string
  readonly isText?: boolean
}

/** What a dialect's server knows. */
export interface ServerDialect {
  /** Appended to the origin for `url`. */
  readonly basePath: string
  /** The answer to a request that is not a correct question, or that is none: lists of models, refusals, 404. */
  check(request: RecordedRequest): Reply | undefined
  wantsStream(request: RecordedRequest): boolean
  events(request: RecordedRequest, behaviour: Behaviour): readonly ServerEvent[]
  plain(request: RecordedRequest, behaviour: Behaviour): unknown
}

/** Starts a server that speaks a dialect. */
export async function startProviderServer(dialect: ServerDialect): Promise<ProviderServer> {
  const requests: RecordedRequest[] = []
  const queue: Behaviour[] = []
  const waiting: { index: number; resolve: (request: RecordedRequest) => void }[] = []
  const sockets = new Set<Socket>()
  let made = 0
  const http = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    void record(incoming, response).then(async ({ request, stall, hold }) => {
      requests.push(request)
      for (const waiter of waiting) if (waiter.index < requests.length) waiter.resolve(request)
      const refusal = dialect.check(request)
      const behaviour =
        refusal === undefined ? (queue.shift() ?? server.behave?.(request) ?? {}) : { reply: refusal }
      await giveAnswer({ dialect, request, response, behaviour, stall, hold })
    })
  })
  http.on('connection', (socket: Socket) => {
    made++
    sockets.add(socket)
    socket.setNoDelay(true)
    // A client that leaves in the middle is what many tests are about.
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const address = http.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  const close = async (): Promise<void> => {
    if (!http.listening) return
    const closed = once(http, 'close')
    http.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  const server: ProviderServer = {
    url: `http://127.0.0.1:${port}${dialect.basePath}`,
    requests,
    next: (behaviour) => void queue.push(behaviour),
    behave: undefined,
    request: async (index) =>
      requests[index] ?? (await new Promise<RecordedRequest>((resolve) => waiting.push({ index, resolve }))),
    connections: () => sockets.size,
    connectionsMade: () => made,
    close,
    [Symbol.asyncDispose]: close,
  }
  return server
}

interface Recording {
  readonly request: RecordedRequest
  readonly stall: () => void
  readonly hold: () => void
}

async function record(incoming: IncomingMessage, response: ServerResponse): Promise<Recording> {
  const stalled = Promise.withResolvers<void>()
  const heldBack = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<{ complete: boolean; at: number }>()
  response.on('close', () => closed.resolve({ complete: response.writableFinished, at: performance.now() }))
  const { socket } = incoming
  const before = socket.bytesWritten
  const pieces: Buffer[] = []
  try {
    for await (const piece of incoming) pieces.push(piece)
  } catch {
    // The client left while it was asking: it is recorded as far as it came.
  }
  const request: RecordedRequest = {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    body: parse(Buffer.concat(pieces).toString('utf8')),
    stalled: stalled.promise,
    closed: closed.promise,
    heldBack: heldBack.promise,
    bytesWritten: () => socket.bytesWritten - before,
    isHeldBack: () => response.writableNeedDrain,
  }
  return { request, stall: stalled.resolve, hold: heldBack.resolve }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The fields of parsed JSON. */
export type Fields = Readonly<Record<string, unknown>>

/** Returns the fields of an object; none for anything else. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
