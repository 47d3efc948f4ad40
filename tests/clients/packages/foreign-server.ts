import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'

/** An answer that a gateway would not give, but what stands before it might. */
export interface ForeignAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** A server that answers as it is told, and notes what it was asked. */
export interface ForeignServer extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly {
    readonly path: string
    readonly headers: IncomingHttpHeaders
    readonly body: string
  }[]
  /** Answers the next requests, one each; what has none is a reply that says "well". */
  next(...answers: readonly ForeignAnswer[]): void
}

/** The reply of a chat, as a gateway gives it. */
export const reply = {
  id: 'msg_1',
  conversationId: 'conv_1',
  role: 'assistant',
  content: 'well',
  model: 'demo',
  usage: { inputTokens: 1, outputTokens: 1 },
  latency: 1,
  finishReason: 'stop',
}

/** Starts such a server on a free loopback port. */
export async function startForeignServer(): Promise<ForeignServer> {
  const answers: ForeignAnswer[] = []
  const requests: { path: string; headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer(async (incoming, outgoing) => {
    let body = ''
    for await (const piece of incoming.setEncoding('utf8')) body += piece
    requests.push({ path: incoming.url ?? '', headers: incoming.headers, body })
    const answer = answers.shift() ?? { body: JSON.stringify(reply) }
    const headers = { 'Content-Type': 'application/json', ...answer.headers }
    outgoing.writeHead(answer.status ?? 200, headers).end(answer.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    requests,
    next: (...more) => void answers.push(...more),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
