import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { verifyDelivery } from '../domain/webhooks/verify-delivery.ts'
import { exitCodes } from './exit-codes.ts'
import type { JsonOptions } from './grammar.ts'
import { print, printError } from './output.ts'
import { UsageError } from './usage-error.ts'
import { hmacSha256, readSecret } from './webhook-verify.ts'

/** Options of `openclaw webhook listen`. */
export interface ListenOptions extends JsonOptions {
  readonly port: number
  readonly secretFile?: string
}

const bodyBytesMax = 4 * 1024 * 1024

/** Runs a receiver on loopback that verifies each delivery and prints it, until Ctrl-C. */
export async function webhookListen(options: ListenOptions): Promise<number> {
  const known = readSecret(options.secretFile, 'openclaw webhook secret > secret.txt')
  const secret = known ?? `whsec_${randomBytes(24).toString('base64')}`
  const server = createServer(async (request, response) => {
    const body = await readBody(request)
    if (body === undefined) {
      response.writeHead(413).end()
      return
    }
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    )
    const verdict = verifyDelivery({ body, headers, secret, now: Date.now() }, hmacSha256)
    response.writeHead(verdict.valid ? 204 : 401).end()
    show(body, headers['x-openclaw-event'] ?? '?', verdict, options.json === true)
  })
  server.listen(options.port, '127.0.0.1')
  await once(server, 'listening').catch((error: unknown) => {
    throw isTaken(error)
      ? new UsageError(
          `Port ${options.port} is taken by another program.`,
          'openclaw webhook listen --port 0',
        )
      : error
  })
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : options.port}/`
  printError(
    `Listening on ${url} until Ctrl-C. The endpoint for the config file, under api.webhooks.outgoing:`,
  )
  const shown = known === undefined ? `"${secret}"` : 'the secret that you gave'
  printError(`  { id: "listen", url: "${url}", secret: ${shown}, events: ["*"], allowPrivateNetwork: true }`)
  if (known === undefined) {
    printError(
      'The next start makes another secret. To keep one: openclaw webhook secret > secret.txt, then openclaw webhook listen --secret-file secret.txt',
    )
  }
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  server.close()
  server.closeAllConnections()
  return exitCodes.ok
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request) {
    bytes += piece.length
    if (bytes > bodyBytesMax) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

function show(
  body: string,
  event: string,
  verdict: ReturnType<typeof verifyDelivery>,
  isJson: boolean,
): void {
  const at = new Date().toISOString()
  if (isJson) {
    print(JSON.stringify({ at, event, ...verdict, body }))
    return
  }
  print(`${at} ${event} ${verdict.valid ? `valid (by ${verdict.by})` : `NOT VALID: ${verdict.because}`}`)
  print(indented(body))
}

function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
