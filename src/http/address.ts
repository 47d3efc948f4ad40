import { BlockList, isIP, isIPv6, SocketAddress } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** A set of addresses, given as single ones and CIDR blocks. */
export interface AddressList {
  /** False also for a text that is no address. */
  has(address: string): boolean
}

/** What stands for a client whose address cannot be known; no list holds it. */
export const unknownAddress = 'unknown'

/** Makes a list of addresses and CIDR blocks, which have been validated. An empty one holds nobody, and an IPv6 range no IPv4 address. */
export function createAddressList(entries: readonly string[]): AddressList {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const entry of entries) {
    const [text = '', bits] = entry.split('/')
    const address = plainAddress(text)
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) lists[family].addAddress(address, family)
    else lists[family].addSubnet(address, rangeBits(text, address, Number(bits)), family)
  }
  return {
    has(address) {
      const family = isIPv6(address) ? 'ipv6' : 'ipv4'
      return isIP(address) !== 0 && lists[family].check(address, family)
    },
  }
}

/**
 * Returns the client's address. Behind trusted proxies it is the rightmost entry of X-Forwarded-For that is none of them; an entry that
 * is no address makes the client unknown, since whoever wrote it could have written anything.
 */
export function clientAddress(request: FastifyRequest, trustedProxies: AddressList | null): string {
  const peer = plainAddress(request.raw.socket.remoteAddress ?? unknownAddress)
  const forwarded = request.headers['x-forwarded-for']
  if (trustedProxies === null || forwarded === undefined || !trustedProxies.has(peer)) return peer
  const hops = (Array.isArray(forwarded) ? forwarded.join(',') : forwarded).split(',')
  let client = peer
  for (const hop of hops.reverse()) {
    const text = hop.trim()
    const address = plainAddress(text)
    if (isIP(address) === 0) return unknownAddress
    client = address
    if (!trustedProxies.has(address)) break
  }
  return client
}

/** Returns what failed logins are counted by: an IPv4 address, or the /64 of an IPv6 one, which one subscriber holds whole. */
export function subscriberOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

/**
 * Returns an address in its canonical form, without a zone; an IPv4-mapped IPv6 one (`::ffff:1.2.3.4`, in any notation) is that IPv4
 * address. Any other text comes back as it is.
 */
export function plainAddress(address: string): string {
  if (!address.includes(':')) return address
  const zone = address.indexOf('%')
  const bare = zone < 0 ? address : address.slice(0, zone)
  if (!isIPv6(bare)) return bare
  const canonical = new SocketAddress({ address: bare, family: 'ipv6' }).address
  return canonical.startsWith('::ffff:') && canonical.includes('.') ? canonical.slice(7) : canonical
}

// A range of IPv4-mapped addresses counts its bits from the IPv6 address's front.
function rangeBits(given: string, plain: string, bits: number): number {
  return isIPv6(given) && !isIPv6(plain) ? Math.max(0, bits - 96) : bits
}
