import { isIP, isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import { plainAddress } from './address.ts'

/**
 * Refuses a request whose Host is neither this machine's loopback, nor the address it came in by, nor one of `publicHosts`: a page whose
 * name was rebound to this address (DNS rebinding) sends its own name. Returns the error, or undefined where it may pass.
 */
export function refuseForeignHost(
  request: FastifyRequest,
  publicHosts: readonly string[],
): GatewayError | undefined {
  const header = request.headers.host
  if (header === undefined) {
    // HTTP/1.0 has no such header; load balancers ask for their health so, and no browser does.
    if (request.raw.httpVersion === '1.0') return undefined
    return new GatewayError('invalid_request', 'The request has no Host header. Send one.')
  }
  const host = hostOf(header)
  if (host === 'localhost' || publicHosts.includes(host) || isOwnAddress(request, host)) return undefined
  return new GatewayError(
    'misdirected_host',
    `This gateway does not answer for the host ${JSON.stringify(header.slice(0, 100))}. Add its URL to api.publicUrl in the config.`,
  )
}

// The name in lower case without the root's dot, or the address in its canonical form; empty where the header is neither.
function hostOf(header: string): string {
  const [, bracketed, name = ''] = /^(?:\[([^\]%]*)\]|([^:]*))(?::\d*)?$/.exec(header) ?? []
  if (bracketed !== undefined) return isIPv6(bracketed) ? plainAddress(bracketed) : ''
  return name.toLowerCase().replace(/\.$/, '')
}

function isOwnAddress(request: FastifyRequest, host: string): boolean {
  if (isIP(host) === 0) return false
  return (
    host === '::1' || host.startsWith('127.') || host === plainAddress(request.raw.socket.localAddress ?? '')
  )
}
