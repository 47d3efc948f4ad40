import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { Log } from '../domain/log.ts'

/** Files of the certificate chain and its key, in PEM format. */
export interface TlsFiles {
  readonly certFile: string
  readonly keyFile: string
}

const headerBytesMax = 16 * 1024
const headersTimeoutMs = 15_000
const requestTimeoutMs = 60_000
const keepAliveTimeoutMs = 72_000
const connectionsCheckMs = 2_000
const connectionsMax = 8_192
const certificatePollMs = 2_000

/**
 * Makes the server under Fastify, with every bound of its own: a request's headers within 15 s, all of it within 60 s, 16 KiB of
 * headers, 8,192 connections. With `tls` it speaks HTTPS, and takes new certificates from the files without dropping a connection.
 */
export function createListener(handler: RequestListener, tls: TlsFiles | null, log: Log): Server | TlsServer {
  const options: ServerOptions = {
    maxHeaderSize: headerBytesMax,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: connectionsCheckMs,
    // A missing Host is ours to refuse: Node would answer without a body.
    requireHostHeader: false,
    noDelay: true,
  }
  const server = tls
    ? createTlsServer({ ...options, ...readCertificate(tls), minVersion: 'TLSv1.2' }, handler)
    : createServer(options, handler)
  server.maxConnections = connectionsMax
  // Bounded by their bytes; a count would drop the rest without a word.
  server.maxHeadersCount = 0
  if (tls && 'setSecureContext' in server) followCertificate(server, tls, log)
  return server
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
