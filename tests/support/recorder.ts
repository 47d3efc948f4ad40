import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, request } from 'node:http'

/** A request as a client has written it. */
export interface Recorded {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Stands between a client and a gateway, notes every request, and changes nothing. */
export interface Recorder extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly Recorded[]
}

/** Starts a recorder in front of a gateway. */
export async function startRecorder(gatewayUrl: string): Promise<Recorder> {
  const requests: Recorded[] = []
  const server = createServer(async (incoming, outgoing) => {
    const pieces: Buffer[] = []
    for await (const piece of incoming) pieces.push(piece)
    const body = Buffer.concat(pieces)
    const { method = '', url: path = '', headers } = incoming
    requests.push({ method, path, headers, body: body.toString() })
    const onward = request(gatewayUrl + path, { method, headers, agent: false }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 0, reply.headers)
      reply.pipe(outgoing)
    })
    onward.end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}
