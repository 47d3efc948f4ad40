import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import buildConnector from 'undici/lib/core/connect.js'
import Agent from 'undici/lib/dispatcher/agent.js'
import { GatewayError } from '../domain/errors.ts'
import { type AddressVerdict, verdictOf } from './address-verdict.ts'

/** How a guarded agent behaves. */
export interface GuardOptions {
  /** True lets it call private and loopback addresses; link-local and metadata addresses never. */
  readonly allowPrivateNetwork: boolean
  readonly connectTimeoutMs: number
  readonly keepAliveMs: number
  /** Connections to one origin. */
  readonly connections: number
  /** Asks for all addresses of a name; the system's resolver by default. */
  readonly resolve?: (name: string) => Promise<readonly LookupAddress[]>
  /** Makes what opens the sockets, by a lookup that checks; undici's own by default. */
  readonly connector?: (lookup: LookupFunction, timeoutMs: number) => buildConnector.connector
}

/** Why a URL may not be called. Its `code` is `ERR_ADDRESS_REFUSED`, its message names no more than the host. */
export class AddressRefused extends Error {
  readonly code = 'ERR_ADDRESS_REFUSED'

  constructor(host: string, verdict: AddressVerdict) {
    const hint = verdict === 'private' ? ' Set allowPrivateNetwork: true if that is meant.' : ''
    super(`The host ${JSON.stringify(host)} leads to a ${verdict} address.${hint}`)
    this.name = 'AddressRefused'
  }
}

/**
 * Refuses a URL that must not be called whatever it resolves to: not http or https, with credentials, or with a literal address that is
 * refused, in any notation that the WHATWG URL parser reads (decimal, hex, octal, short, IPv4-mapped). Throws `invalid_request`.
 */
export function checkOutgoingUrl(text: string, allowPrivateNetwork: boolean): URL {
  if (!URL.canParse(text))
    throw new GatewayError('invalid_request', 'This is not a URL: write https://host/path.')
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new GatewayError('invalid_request', 'The URL must begin with https:// or http://.')
  }
  if (url.username !== '' || url.password !== '') {
    throw new GatewayError('invalid_request', 'The URL must hold no user name or password.')
  }
  const host = literalOf(url.hostname)
  const refused = isIP(host) === 0 ? undefined : refusal(host, host, allowPrivateNetwork)
  if (refused) throw new GatewayError('invalid_request', refused.message, { cause: refused })
  return url
}

/**
 * Makes the agent through which every URL that a caller gave is called. An address is checked three times: as a literal before anything,
 * each one that the name resolves to, and the peer's once connected, since a name can answer differently the second time (DNS
 * rebinding). Redirects are not followed. A refused request rejects with {@link AddressRefused}.
 */
export function createGuardedAgent(options: GuardOptions): Agent {
  const { allowPrivateNetwork } = options
  const resolve = options.resolve ?? resolveBySystem
  const lookup: LookupFunction = (name, lookupOptions, done) => {
    resolve(name).then(
      (all) => {
        const bad = all.map(({ address }) => refusal(name, address, allowPrivateNetwork)).find(Boolean)
        const [first] = all
        if (bad) done(bad, '', 0)
        else if (first === undefined) done(new Error('the name has no address'), '', 0)
        else if (lookupOptions.all) done(null, [...all])
        else done(null, first.address, first.family)
      },
      (error: unknown) => done(error instanceof Error ? error : new Error('the name was not found'), '', 0),
    )
  }
  const connect = (options.connector ?? defaultConnector)(lookup, options.connectTimeoutMs)
  return new Agent({
    connections: options.connections,
    pipelining: 1,
    keepAliveTimeout: options.keepAliveMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect(target, done) {
      const literal = literalOf(target.hostname)
      const refused = isIP(literal) === 0 ? undefined : refusal(literal, literal, allowPrivateNetwork)
      if (refused) {
        done(refused, null)
        return
      }
      connect(target, (error, socket) => {
        if (error) {
          done(error, null)
          return
        }
        const peer = socket.remoteAddress ?? ''
        const bad = refusal(literal, peer, allowPrivateNetwork)
        if (!bad) {
          done(null, socket)
          return
        }
        socket.destroy()
        done(bad, null)
      })
    },
  })
}

function defaultConnector(lookup: LookupFunction, timeout: number): buildConnector.connector {
  return buildConnector({ lookup, timeout, allowH2: false })
}

function refusal(host: string, address: string, allowPrivateNetwork: boolean): AddressRefused | undefined {
  const verdict = verdictOf(address)
  if (verdict === 'public' || (verdict === 'private' && allowPrivateNetwork)) return undefined
  return new AddressRefused(host, verdict)
}

function literalOf(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

function resolveBySystem(name: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(name, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)))
  })
}
