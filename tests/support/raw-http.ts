import { connect, type Socket } from 'node:net'

/** An HTTP reply as it came over a socket. */
export interface RawReply {
  readonly status: number
  readonly headers: Headers
  /** The body, its chunks joined. */
  readonly body: string
}

/** What a request is made of, byte for byte. */
export interface RawRequest {
  readonly method?: string
  /** The request's target, as it goes on the wire. */
  readonly target: string
  /** Whole lines, which follow `Host` and `Connection: close`. */
  readonly headers?: readonly string[]
  /** Sent as it is, with its `Content-Length`. */
  readonly body?: string | Buffer
}

const answerWithinMs = 30_000

/** Returns a request as bytes that no HTTP client has made better. */
export function rawRequest({ method = 'GET', target, headers = [], body }: RawRequest): Buffer {
  const bytes = Buffer.from(body ?? '')
  const length = body === undefined ? [] : [`Content-Length: ${bytes.length}`]
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    ...headers,
    ...length,
    '',
    '',
  ]
  return Buffer.concat([Buffer.from(lines.join('\r\n')), bytes])
}

/** Opens a connection to a gateway. */
export function openSocket(url: string): Socket {
  const { hostname, port } = new URL(url)
  return connect({ host: hostname, port: Number(port) })
}

/** Sends bytes and resolves with the reply once the gateway has closed the connection. Rejects where nothing comes for thirty seconds. */
export async function sendRaw(url: string, bytes: string | Buffer): Promise<RawReply> {
  const socket = openSocket(url)
  const pieces: Buffer[] = []
  socket.setTimeout(answerWithinMs, () => socket.destroy(new Error('no whole reply in time')))
  socket.write(bytes)
  try {
    for await (const piece of socket) pieces.push(piece)
  } finally {
    socket.destroy()
  }
  return parseReply(Buffer.concat(pieces))
}

/** Reads a whole reply, passing over interim ones such as 100. */
export function parseReply(bytes: Buffer): RawReply {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) throw new Error(`no HTTP reply: ${JSON.stringify(bytes.toString('latin1').slice(0, 200))}`)
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const status = Number(statusLine.split(' ')[1])
  const rest = bytes.subarray(end + 4)
  if (status < 200) return parseReply(rest)
  const headers = new Headers()
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  const isChunked = headers.get('transfer-encoding') === 'chunked'
  return { status, headers, body: (isChunked ? joinChunks(rest) : rest).toString() }
}

function joinChunks(bytes: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let start = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', start)
    const length = Number.parseInt(bytes.subarray(start, lineEnd).toString(), 16)
    if (!(length > 0)) return Buffer.concat(pieces)
    pieces.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + length))
    start = lineEnd + 2 + length + 2
  }
}
