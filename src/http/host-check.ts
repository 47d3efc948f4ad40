import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../domain/errors.ts'

/**
 * Refuses a request whose Host is neither this machine's loopback, nor the address it came in by, nor one of `publicHosts`: a page whose
 * name was rebound to this address (DNS rebinding) sends its own name. Returns the error, or undefined where it may pass.
 */
export function refuseForeignHost(
  request: FastifyRequest,
  publicHosts: readonly string[],
): GatewayError | undefined {
  const header = request.headers.host
  if (header === undefined) return new GatewayError('invalid_request', 'The request has no Host header.')
  const host = hostName(header)
  if (isLoopbackName(host) || publicHosts.includes(host)) return undefined
  if (isIP(host) !== 0 && host === plain(request.raw.socket.localAddress)) return undefined
  return new GatewayError(
    'misdirected_host',
    `This gateway does not answer for the host ${JSON.stringify(host.slice(0, 100))}. Add its URL to api.publicUrl in the config.`,
  )
}

/** Returns the name in a Host header or URL authority: lower case, without port, brackets and the root's dot. */
export function hostName(authority: string): string {
  const withoutPort = authority.startsWith('[')
    ? authority.slice(1, Math.max(1, authority.indexOf(']')))
    : authority.replace(/:\d*$/, '')
  return withoutPort.toLowerCase().replace(/\.$/, '')
}

function isLoopbackName(host: string): boolean {
  return (
    host === 'localhost' ||
    host === '127.0.0.1' ||
    host === '::1' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
  )
}

function plain(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/i, '')
}
