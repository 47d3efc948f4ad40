import { readFileSync } from 'node:fs'
import { request as requestHttp } from 'node:http'
import { type RequestOptions, request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import type { LoadedConfig } from '../config/load.ts'
import { UsageError } from './usage-error.ts'

/** Where a gateway is asked. */
export interface GatewayAddress {
  /** Without a slash at the end. */
  readonly url: string
  /** The certificate that the gateway of this config shows, whatever name it is for; undefined leaves that to the system's own list. */
  readonly certificate: Buffer | undefined
}

/** What a gateway answered. */
export interface GatewayAnswer {
  readonly status: number
  /** The parsed body, or undefined where it is no JSON. */
  readonly body: unknown
}

/** Nobody answered, or somebody who is no gateway. The message says what to do. */
export class UnreachableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UnreachableError'
  }
}

const answerMs = 5_000
const bodyBytesMax = 1024 * 1024

/** Returns the address that a person gave, else that of the config. Throws `UsageError` for what is no http or https URL. */
export function gatewayAddress(given: string | undefined, loaded: LoadedConfig): GatewayAddress {
  if (given !== undefined) return { url: checkUrl(given), certificate: undefined }
  const { host, port, tls } = loaded.config.api
  const url = `${tls ? 'https' : 'http'}://${hostToAsk(host)}:${port}`
  return { url, certificate: tls && readIfThere(tls.certFile) }
}

/** Asks a gateway for a path within five seconds. Rejects with `UnreachableError`. */
export async function askGateway(
  address: GatewayAddress,
  path: string,
  secret?: string,
): Promise<GatewayAnswer> {
  const signal = AbortSignal.timeout(answerMs)
  try {
    return await send(address, path, secret, signal)
  } catch (error) {
    throw new UnreachableError(sentenceOf(address.url, signal.aborted ? 'TIMEOUT' : codeOf(error)), {
      cause: error,
    })
  }
}

function send(
  { url, certificate }: GatewayAddress,
  path: string,
  secret: string | undefined,
  signal: AbortSignal,
): Promise<GatewayAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<GatewayAnswer>()
  const options: RequestOptions = {
    agent: false,
    signal,
    headers: {
      Accept: 'application/json',
      ...(secret === undefined ? {} : { Authorization: `Bearer ${secret}` }),
    },
    ...(certificate && {
      ca: certificate,
      allowPartialTrustChain: true,
      checkServerIdentity: () => undefined,
    }),
  }
  const send = url.startsWith('https:') ? requestHttps : requestHttp
  const asked = send(`${url}${path}`, options, (response) => {
    const pieces: Buffer[] = []
    let bytes = 0
    response.on('data', (piece: Buffer) => {
      bytes += piece.length
      if (bytes > bodyBytesMax) response.destroy(new Error('too long'))
      else pieces.push(piece)
    })
    response.on('error', reject)
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(pieces).toString('utf8')) }),
    )
  })
  asked.on('error', reject)
  asked.end()
  return promise
}

function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new UsageError(
      '--url takes an address such as http://127.0.0.1:18789, without a user name or a password.',
      'openclaw status --url http://127.0.0.1:18789',
    )
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

// What listens on every address is asked on this machine's own.
function hostToAsk(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return isIP(host) === 6 ? `[${host}]` : host
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no code'
}

function sentenceOf(url: string, code: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `Nothing listens at ${url}. Start the gateway: openclaw gateway`
    case 'TIMEOUT':
      return `Nothing answered at ${url} within ${answerMs / 1000} seconds.`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host of ${url} is not known. Check the address.`
    default:
      if (/CERT|SIGNATURE|ALTNAME/.test(code))
        return `The certificate of ${url} is not trusted here (${code}).`
      return `What answers at ${url} is no gateway (${code}). Check the address and its http or https.`
  }
}
