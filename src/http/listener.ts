import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http'
import {
  createServer as createTlsServer,
  type ServerOptions as HttpsServerOptions,
  type Server as TlsServer,
} from 'node:https'
import type { Socket } from 'node:net'
import { GatewayError } from '../domain/errors.ts'
import type { Log } from '../domain/log.ts'

/** Files of the certificate chain and its key, in PEM format. */
export interface TlsFiles {
  readonly certFile: string
  readonly keyFile: string
}

/** What a connection may take of the gateway. */
export interface ListenerBounds {
  readonly headerBytesMax: number
  /** From the connection, or the request's first byte on a later one, to the end of its headers; also for a TLS handshake. */
  readonly headersTimeoutMs: number
  /** From the same moment to the end of its body. */
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** How often the two timeouts are looked at. */
  readonly connectionsCheckMs: number
  readonly connectionsMax: number
  /** Requests of one connection that wait for their answers at a time. One more, and it is cut. */
  readonly pipelinedMax: number
}

/** The bounds of a gateway: 16 KiB of headers within 15 s, the whole request within 60 s, 8,192 connections of 64 requests at a time. */
export const listenerBounds: ListenerBounds = {
  headerBytesMax: 16 * 1024,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 72_000,
  connectionsCheckMs: 2_000,
  connectionsMax: 8_192,
  pipelinedMax: 64,
}

const certificatePollMs = 2_000
const makeRoomEveryMs = 1_000

/**
 * Makes the server under Fastify, with every bound of its own. With `tls` it speaks HTTPS, and takes new certificates from the files
 * without dropping a connection. Throws `GatewayError` where they are no certificate and key.
 */
export function createListener(
  handler: RequestListener,
  tls: TlsFiles | null,
  log: Log,
  bounds: ListenerBounds = listenerBounds,
): Server | TlsServer {
  const options: ServerOptions = {
    maxHeaderSize: bounds.headerBytesMax,
    headersTimeout: bounds.headersTimeoutMs,
    requestTimeout: bounds.requestTimeoutMs,
    keepAliveTimeout: bounds.keepAliveTimeoutMs,
    connectionsCheckingInterval: bounds.connectionsCheckMs,
    // A missing Host is ours to refuse: Node would answer without a body.
    requireHostHeader: false,
    noDelay: true,
  }
  const server = tls
    ? createHttps(tls, { ...options, handshakeTimeout: bounds.headersTimeoutMs, minVersion: 'TLSv1.2' })
    : createServer(options)
  server.on('request', takeUp(server, handler, bounds.pipelinedMax))
  server.maxConnections = bounds.connectionsMax
  makeRoom(server)
  // Bounded by their bytes; a count would drop the rest without a word.
  server.maxHeadersCount = 0
  if (tls && 'setSecureContext' in server) followCertificate(server, tls, log)
  return server
}

// Who asks nothing makes room for who comes: idle connections of one caller could keep all others out.
function makeRoom(server: Server | TlsServer): void {
  let lastMs = Number.NEGATIVE_INFINITY
  server.on('drop', () => {
    const now = performance.now()
    if (now - lastMs < makeRoomEveryMs) return
    lastMs = now
    server.closeIdleConnections()
  })
}

// Node's parser hands on every request that one packet holds, a thousand and more, before the first answer has left.
function takeUp(server: Server | TlsServer, handler: RequestListener, pipelinedMax: number): RequestListener {
  const waiting = new WeakMap<Socket, number>()
  return (request, response) => {
    const { socket } = request
    // Cut, or told that an earlier request on it was none.
    if (!socket.writable) return
    const count = (waiting.get(socket) ?? 0) + 1
    if (count > pipelinedMax) {
      socket.destroy()
    } else if (isFramedInDoubt(request)) {
      server.emit('clientError', Object.assign(new Error('framing'), { code: 'HPE_FRAMING' }), socket)
    } else {
      waiting.set(socket, count)
      response.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1))
      handler(request, response)
    }
  }
}

// A server in front of this one may have read another end of the body (RFC 9112, section 6.1).
function isFramedInDoubt({ headers, httpVersion }: IncomingMessage): boolean {
  const encoding = headers['transfer-encoding']
  return encoding !== undefined && (encoding.toLowerCase() !== 'chunked' || httpVersion === '1.0')
}

function createHttps(tls: TlsFiles, options: HttpsServerOptions): TlsServer {
  try {
    return createTlsServer({ ...options, ...readCertificate(tls) })
  } catch (cause) {
    throw new GatewayError(
      'internal_error',
      'HTTPS cannot be served: api.tls.certFile and api.tls.keyFile must be readable, in PEM format, and belong to each other.',
      { cause },
    )
  }
}

function readCertificate({ certFile, keyFile }: TlsFiles): { readonly cert: Buffer; readonly key: Buffer } {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) }
}

// By polling: a renewal that swaps a link or a folder raises no event on the file itself.
function followCertificate(server: TlsServer, tls: TlsFiles, log: Log): void {
  const files = [tls.certFile, tls.keyFile]
  const reload = (): void => {
    try {
      server.setSecureContext({ ...readCertificate(tls), minVersion: 'TLSv1.2' })
      log('info', 'certificate reloaded', { file: tls.certFile })
    } catch (error) {
      // Half of a renewal: the other file follows, and until then the old pair serves.
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
      log('warn', 'certificate not reloaded', { file: tls.certFile, code })
    }
  }
  for (const file of files) watchFile(file, { interval: certificatePollMs, persistent: false }, reload)
  server.once('close', () => {
    for (const file of files) unwatchFile(file, reload)
  })
}
