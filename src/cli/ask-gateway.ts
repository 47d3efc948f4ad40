import { readFileSync } from 'node:fs'
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
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
const bodyBytesMaxDefault = 1024 * 1024

/** Returns the address that a person gave, else that of the config. Throws `UsageError` for what is no http or https URL. */
export function gatewayAddress(given: string | undefined, loaded: LoadedConfig): GatewayAddress {
  if (given !== undefined) return { url: checkUrl(given), certificate: undefined }
  const { host, port, tls } = loaded.config.api
  const url = `${tls ? 'https' : 'http'}://${hostToAsk(host)}:${port}`
  return { url, certificate: tls && readIfThere(tls.certFile) }
}

/** What is asked for beside a plain GET. */
export interface GatewayRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  /** Sent as JSON. */
  readonly body?: object
  /** Until the answer is there as a whole. Five seconds. */
  readonly timeoutMs?: number
  /** The most that is read of the answer. 1 MiB. */
  readonly bodyBytesMax?: number
}

/** Asks a gateway for a path, within five seconds unless told otherwise. Rejects with `UnreachableError`. */
export async function askGateway(
  address: GatewayAddress,
  path: string,
  secret?: string,
  request: GatewayRequest = {},
): Promise<GatewayAnswer> {
  const { timeoutMs = answerMs } = request
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    return await send(address, path, secret, request, signal)
  } catch (error) {
    throw unreachable(address, signal.aborted ? 'TIMEOUT' : codeOf(error), timeoutMs, error)
  }
}

/** Opens a request to a gateway and resolves to the head of its answer, the body still unread. Rejects with `UnreachableError`. */
export async function openGateway(
  address: GatewayAddress,
  path: string,
  secret: string,
  request: GatewayRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const asked = start(address, path, secret, request, signal, resolve)
  asked.on('error', reject)
  try {
    return await promise
  } catch (error) {
    signal.throwIfAborted()
    throw unreachable(address, codeOf(error), answerMs, error)
  }
}

function unreachable(
  { url }: GatewayAddress,
  code: string,
  timeoutMs: number,
  cause: unknown,
): UnreachableError {
  return new UnreachableError(sentenceOf(url, code, timeoutMs), {
    cause,
  })
}

function start(
  { url, certificate }: GatewayAddress,
  path: string,
  secret: string | undefined,
  { method = 'GET', body }: GatewayRequest,
  signal: AbortSignal,
  onAnswer: (response: IncomingMessage) => void,
): ClientRequest {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const options: RequestOptions = {
    agent: false,
    signal,
    method,
    headers: {
      Accept: 'application/json',
      ...(text === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
      ...(secret === undefined ? {} : { Authorization: `Bearer ${secret}` }),
    },
    ...(certificate && {
      ca: certificate,
      allowPartialTrustChain: true,
      checkServerIdentity: () => undefined,
    }),
  }
  const send = url.startsWith('https:') ? requestHttps : requestHttp
  const asked = send(`${url}${path}`, options, onAnswer)
  asked.end(text)
  return asked
}

function send(
  address: GatewayAddress,
  path: string,
  secret: string | undefined,
  request: GatewayRequest,
  signal: AbortSignal,
): Promise<GatewayAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<GatewayAnswer>()
  const { bodyBytesMax = bodyBytesMaxDefault } = request
  const asked = start(address, path, secret, request, signal, (response) => {
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

function sentenceOf(url: string, code: string, timeoutMs: number): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `Nothing listens at ${url}. Start the gateway: openclaw gateway`
    case 'TIMEOUT':
      return `Nothing answered at ${url} within ${timeoutMs / 1000} seconds.`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host of ${url} is not known. Check the address.`
    default:
      if (/CERT|SIGNATURE|ALTNAME/.test(code))
        return `The certificate of ${url} is not trusted here (${code}).`
      return `What answers at ${url} is no gateway (${code}). Check the address and its http or https.`
  }
}
