import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'

/** What a proxy does to one request. */
export type ProxyFault =
  /** Answers by itself. */
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfter?: string; readonly body?: object }
  /** Closes the socket without a word. */
  | { readonly kind: 'refuse' }
  /** Says nothing for ever. */
  | { readonly kind: 'silent' }
  /** Hands over so many bytes of the body, then closes the socket. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Ends the body cleanly after so many bytes. */
  | { readonly kind: 'end'; readonly afterBytes: number }
  /** Hands the body over byte by byte. */
  | { readonly kind: 'bytes' }
  /** Ends lines otherwise, and puts comments and fields that nobody knows between the events. */
  | { readonly kind: 'dressed'; readonly lineEnd: '\r\n' | '\r' }

/** A request as the proxy has seen it. */
export interface ProxiedRequest {
  readonly path: string
  readonly idempotencyKey: string | undefined
  /** Resolves when the client has closed its side, or the answer is over. */
  readonly closed: Promise<void>
}

/** A proxy before a gateway that does what proxies and networks do to people. */
export interface FaultProxy extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly ProxiedRequest[]
  /** Decides about the next requests, one each; what has none passes as it is. */
  next(...faults: readonly ProxyFault[]): void
}

/** Starts a proxy on a free loopback port. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const faults: ProxyFault[] = []
  const requests: ProxiedRequest[] = []
  const server = createServer((incoming, outgoing) => {
    const key = incoming.headers['idempotency-key']
    requests.push({
      path: incoming.url ?? '',
      idempotencyKey: Array.isArray(key) ? key[0] : key,
      closed: once(outgoing, 'close').then(() => undefined),
    })
    serve(target, faults.shift(), incoming, outgoing)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    next: (...more) => void faults.push(...more),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function serve(
  target: string,
  fault: ProxyFault | undefined,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  switch (fault?.kind) {
    case 'refuse':
      return void incoming.socket.destroy()
    case 'silent':
      return
    case 'answer': {
      const {
        status,
        retryAfter,
        body = { error: 'overloaded', message: 'Too much.', requestId: 'req_p' },
      } = fault
      const headers = {
        'Content-Type': 'application/json',
        ...(retryAfter === undefined ? {} : { 'Retry-After': retryAfter }),
      }
      outgoing.writeHead(status, headers).end(JSON.stringify(body))
      return
    }
    default:
      pass(target, fault, incoming, outgoing)
  }
}

function pass(
  target: string,
  fault: Exclude<ProxyFault, { readonly kind: 'answer' | 'refuse' | 'silent' }> | undefined,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  const { host: _, ...headers } = incoming.headers
  const asked = send(`${target}${incoming.url}`, { method: incoming.method ?? 'GET', headers }, (answer) => {
    const { 'content-length': __, ...rest } = answer.headers
    outgoing.writeHead(answer.statusCode ?? 502, rest)
    void copy(answer, outgoing, fault).catch(() => outgoing.destroy())
  })
  asked.on('error', () => outgoing.destroy())
  outgoing.on('close', () => asked.destroy())
  incoming.pipe(asked)
}

async function copy(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  fault: Exclude<ProxyFault, { readonly kind: 'answer' | 'refuse' | 'silent' }> | undefined,
): Promise<void> {
  let left = fault?.kind === 'cut' || fault?.kind === 'end' ? fault.afterBytes : Number.POSITIVE_INFINITY
  for await (const piece of answer) {
    const bytes: Buffer = Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece))
    if (fault?.kind === 'bytes') {
      for (const byte of bytes) {
        outgoing.write(Buffer.of(byte))
        await new Promise((resolve) => setImmediate(resolve))
      }
      continue
    }
    if (fault?.kind === 'dressed') {
      const text = bytes.toString().replaceAll('\n\n', '\n\n: a comment\nevent: message\nretry: 10\n')
      outgoing.write(text.replaceAll('\n', fault.lineEnd))
      continue
    }
    outgoing.write(bytes.subarray(0, left))
    left -= bytes.length
    if (left <= 0) {
      await new Promise((resolve) => setImmediate(resolve))
      if (fault?.kind === 'cut') outgoing.destroy()
      else outgoing.end()
      return
    }
  }
  outgoing.end()
}
