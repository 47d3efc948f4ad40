import { BlockList, isIP, isIPv4 } from 'node:net'

/** `public`: anybody may be called there. `private`: only where the config allows it. `forbidden`: never, as link-local and metadata. */
export type AddressVerdict = 'public' | 'private' | 'forbidden'

/** Tells of a literal address (as Node prints it) whether a URL that somebody else gave may lead there. What is no address is forbidden. */
export function verdictOf(address: string): AddressVerdict {
  const family = isIP(address)
  if (family === 0) return 'forbidden'
  if (family === 4) return verdictOfIpv4(address)
  const groups = expand(address)
  const inner = embeddedIpv4(groups)
  if (inner !== undefined) return worse(verdictOfIpv4(inner), isMapped(groups) ? 'public' : 'private')
  if (forbidden.check(address, 'ipv6')) return 'forbidden'
  // Global unicast is 2000::/3; all else of IPv6 is of no use to a caller from outside (RFC 4291, RFC 6890).
  return globalUnicast.check(address, 'ipv6') && !privateBlocks.check(address, 'ipv6') ? 'public' : 'private'
}

const forbidden = new BlockList()
forbidden.addSubnet('169.254.0.0', 16)
forbidden.addSubnet('fe80::', 10, 'ipv6')
// Metadata services that stand outside of link-local: AWS (IPv6), Oracle and Alibaba clouds.
forbidden.addAddress('fd00:ec2::254', 'ipv6')
forbidden.addAddress('192.0.0.192')
forbidden.addAddress('100.100.100.200')
forbidden.addSubnet('224.0.0.0', 4)
forbidden.addSubnet('ff00::', 8, 'ipv6')
forbidden.addAddress('255.255.255.255')

// The special-purpose registries of RFC 6890.
const privateBlocks = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['240.0.0.0', 4],
] as const) {
  privateBlocks.addSubnet(network, bits)
}
// Teredo and other transition ranges, documentation, and the discard block.
privateBlocks.addSubnet('2001::', 23, 'ipv6')
privateBlocks.addSubnet('2001:db8::', 32, 'ipv6')
privateBlocks.addSubnet('3fff::', 20, 'ipv6')

const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')

function verdictOfIpv4(address: string): AddressVerdict {
  if (forbidden.check(address)) return 'forbidden'
  return privateBlocks.check(address) ? 'private' : 'public'
}

// An address that wraps an IPv4 one is as bad as that one: mapped, compatible, translated (NAT64, RFC 6052 and 8215), 6to4.
function embeddedIpv4(groups: readonly number[]): string | undefined {
  const [g0 = 0, g1 = 0, g2 = 0, g3 = 0, g4 = 0, g5 = 0, g6 = 0, g7 = 0] = groups
  const low = dotted(g6, g7)
  if (g0 === 0x2002) return dotted(g1, g2)
  if (g0 === 0x64 && g1 === 0xff9b) return low
  const isZero = g0 === 0 && g1 === 0 && g2 === 0 && g3 === 0
  if (isZero && g4 === 0xffff && g5 === 0) return low
  if (isZero && g4 === 0 && (g5 === 0xffff || (g5 === 0 && (g6 !== 0 || g7 > 1)))) return low
  return undefined
}

function isMapped(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)
}

function worse(a: AddressVerdict, b: AddressVerdict): AddressVerdict {
  const order = ['public', 'private', 'forbidden'] as const
  return order.indexOf(a) > order.indexOf(b) ? a : b
}

function dotted(high: number, low: number): string {
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

function expand(address: string): readonly number[] {
  const bare = address.split('%')[0] ?? ''
  const [head = '', tail] = bare.split('::')
  const left = parse(head)
  const right = tail === undefined ? [] : parse(tail)
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  return [...left, ...Array.from({ length: zeros }, () => 0), ...right]
}

function parse(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => {
    if (!isIPv4(group)) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}
