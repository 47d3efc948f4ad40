import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { eventually } from '../../support/eventually.ts'

/** A delivery as a receiver got it. */
export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly raw: string
  readonly event: Readonly<Record<string, unknown>> & {
    readonly id: string
    readonly event: string
    readonly data: Readonly<Record<string, unknown>>
  }
  /** `performance.now()` at its arrival. */
  readonly at: number
}

/** A receiver of webhooks on loopback. */
export interface Receiver extends AsyncDisposable {
  readonly url: string
  /** Everything that came, in the order in which it came. */
  readonly received: readonly Received[]
  /** How many connections were opened. */
  readonly connections: number
  /** Requests that came and have no whole answer yet. */
  readonly open: number
  /** Waits until at least so many deliveries of an event, or of all events, have come. */
  count(wanted: number, event?: string): Promise<readonly Received[]>
}

/** Answers one delivery; the default is 204. */
export type Answer = (response: ServerResponse, received: Received, number: number) => void

/** Starts a receiver. */
export async function startReceiver(
  answer: Answer = (response) => respond(response, 204),
): Promise<Receiver> {
  const received: Received[] = []
  let connections = 0
  let open = 0
  const server = createServer(async (request, response) => {
    open++
    response.once('close', () => open--)
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    const raw = Buffer.concat(pieces).toString()
    const { url: path = '', headers } = request
    const one: Received = { path, headers, raw, event: JSON.parse(raw), at: performance.now() }
    received.push(one)
    answer(response, one, received.length)
  })
  server.on('connection', () => connections++)
  server.keepAliveTimeout = 10_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const matching = (event: string | undefined): readonly Received[] =>
    received.filter((one) => event === undefined || one.event.event === event)
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    received,
    get connections() {
      return connections
    },
    get open() {
      return open
    },
    count: (wanted, event) =>
      eventually(`${wanted} deliveries of ${event ?? 'any event'}`, () => {
        const found = matching(event)
        return found.length >= wanted ? found : undefined
      }),
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Answers with a status and a body. */
export function respond(
  response: ServerResponse,
  status: number,
  body = '',
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, headers).end(body)
}
