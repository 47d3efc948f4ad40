import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** Where a connection comes from and how far it trusts. */
export interface ConnectionOptions {
  /** One of the loopback addresses, 127.0.0.2 for example. */
  readonly localAddress?: string
  /** For `https`: the certificate that is trusted. */
  readonly ca?: Buffer
  /** For `https`: the name that is asked for, `localhost` by default. */
  readonly servername?: string
  /** How long a reply may take. */
  readonly replyWithinMs?: number
}

/** A reply as it came. */
export interface ConnectionReply {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

const replyWithinMs = 60_000

/** One HTTP/1.1 connection that sends exactly the bytes that it is given, and reads replies in the order in which they come. */
export class Connection implements Disposable {
  readonly socket: Socket
  readonly #replyWithinMs: number
  readonly #pieces: Buffer[] = []
  #bytes = 0
  #ended = false
  #wake: (() => void) | undefined

  /** Resolves when the connection stands, with TLS where the URL says so. */
  static async open(url: string, options: ConnectionOptions = {}): Promise<Connection> {
    const { protocol, hostname, port } = new URL(url)
    const { localAddress, ca, servername = 'localhost' } = options
    const host = hostname.replace(/^\[|\]$/g, '')
    const target = { host, port: Number(port), ...(localAddress === undefined ? {} : { localAddress }) }
    const isTls = protocol === 'https:'
    const socket = isTls
      ? connectTls({ ...target, servername, ...(ca === undefined ? {} : { ca }) })
      : connect(target)
    await once(socket, isTls ? 'secureConnect' : 'connect')
    return new Connection(socket, options.replyWithinMs ?? replyWithinMs)
  }

  constructor(socket: Socket, withinMs: number) {
    this.socket = socket
    this.#replyWithinMs = withinMs
    socket.setNoDelay(true)
    socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece)
      this.#bytes += piece.length
      this.#wake?.()
    })
    const end = (): void => {
      this.#ended = true
      this.#wake?.()
    }
    socket.on('end', end).on('close', end).on('error', end)
  }

  /** True once the other side has ended the connection. */
  get isEnded(): boolean {
    return this.#ended
  }

  /** How many bytes have come that nobody has taken. */
  get waiting(): number {
    return this.#bytes
  }

  /** Resolves when the other side has ended the connection. Rejects where that takes too long. */
  async ended(): Promise<void> {
    await this.#until(() => this.#ended)
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes)
  }

  /** Writes a request and resolves to its reply. */
  ask(request: AskedRequest): Promise<ConnectionReply> {
    this.write(bytesOf(request))
    return this.reply(request.method)
  }

  /** Resolves to the next reply, passing over interim ones. `method` is what was asked: a reply to HEAD has no body. */
  async reply(method = 'GET'): Promise<ConnectionReply> {
    const head = (await this.take(await this.#indexOf('\r\n\r\n'))).toString('latin1')
    const [statusLine = '', ...lines] = head.trimEnd().split('\r\n')
    const match = /^HTTP\/1\.1 ([1-5]\d\d)/.exec(statusLine)
    if (match === null) throw new Error(`no HTTP reply: ${JSON.stringify(statusLine.slice(0, 200))}`)
    const status = Number(match[1])
    if (status < 200) return this.reply(method)
    const headers = new Headers()
    for (const line of lines) {
      const colon = line.indexOf(':')
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim())
    }
    return { status, headers, body: await this.#body(method, status, headers) }
  }

  /** Resolves to the next bytes, and fails where the connection ends before them. */
  async take(count: number): Promise<Buffer> {
    await this.#until(() => this.#bytes >= count)
    if (this.#bytes < count) throw new Error('the connection ended in the middle of a reply')
    const all = Buffer.concat(this.#pieces)
    this.#pieces.splice(0, this.#pieces.length, all.subarray(count))
    this.#bytes -= count
    return all.subarray(0, count)
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  async #body(method: string, status: number, headers: Headers): Promise<string> {
    if (method === 'HEAD' || status === 204 || status === 304) return ''
    const length = headers.get('content-length')
    if (length !== null) return (await this.take(Number(length))).toString()
    if (headers.get('transfer-encoding') !== 'chunked') {
      await this.ended()
      return (await this.take(this.#bytes)).toString()
    }
    const chunks: Buffer[] = []
    for (;;) {
      const line = (await this.take(await this.#indexOf('\r\n'))).toString('latin1')
      const size = Number.parseInt(line, 16)
      if (!(size >= 0)) throw new Error(`no chunk: ${JSON.stringify(line.slice(0, 100))}`)
      const chunk = await this.take(size + 2)
      if (size === 0) return Buffer.concat(chunks).toString()
      chunks.push(chunk.subarray(0, size))
    }
  }

  // Returns the place after the first occurrence of `text`.
  async #indexOf(text: string): Promise<number> {
    let at = -1
    await this.#until(() => {
      if (this.#pieces.length > 1) this.#pieces.splice(0, this.#pieces.length, Buffer.concat(this.#pieces))
      at = this.#pieces[0]?.indexOf(text) ?? -1
      return at >= 0
    })
    if (at < 0) throw new Error('the connection ended without a whole reply')
    return at + text.length
  }

  async #until(isDone: () => boolean): Promise<void> {
    if (isDone() || this.#ended) return
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#wake = undefined
        reject(new Error(`nothing came within ${this.#replyWithinMs} ms`))
      }, this.#replyWithinMs)
      this.#wake = () => {
        if (!isDone() && !this.#ended) return
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
    })
  }
}

/** A request that is well formed, whatever stands in it. */
export interface AskedRequest {
  readonly method?: string
  readonly target: string
  /** The default is `localhost`. */
  readonly host?: string
  readonly token?: string
  /** Whole lines. */
  readonly headers?: readonly string[]
  /** Sent as JSON. */
  readonly body?: unknown
  /** The default is JSON, where there is a body. */
  readonly contentType?: string
}

/** Returns a request as bytes, for a connection that stays open. */
export function bytesOf({
  method = 'GET',
  target,
  host = 'localhost',
  token,
  headers = [],
  body,
  contentType = 'application/json',
}: AskedRequest): string {
  const text = body === undefined ? '' : JSON.stringify(body)
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === undefined
      ? []
      : [`Content-Type: ${contentType}`, `Content-Length: ${Buffer.byteLength(text)}`]),
    ...headers,
  ]
  return `${lines.join('\r\n')}\r\n\r\n${text}`
}

/** Asks over a connection of its own and resolves to the reply. */
export async function ask(
  url: string,
  request: AskedRequest,
  options: ConnectionOptions = {},
): Promise<ConnectionReply> {
  using connection = await Connection.open(url, options)
  return await connection.ask(request)
}
