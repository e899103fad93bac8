/**
 * What kind of place a host name or address is, as far as it decides who may be talked to, and how:
 * this machine, the link's own (where clouds keep their metadata), or anywhere else.
 */
import { BlockList, isIP } from 'node:net'

export type Place = 'loopback' | 'link-local' | 'unspecified' | 'metadata' | 'elsewhere'

const lists: readonly (readonly [Place, BlockList])[] = [
  ['loopback', listOf(['127.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6'])],
  // The metadata services that are outside of the link-local range: AWS over IPv6, Alibaba, Oracle.
  [
    'metadata',
    listOf(['fd00:ec2::254', 128, 'ipv6'], ['100.100.100.200', 32, 'ipv4'], ['192.0.0.192', 32, 'ipv4']),
  ],
  ['link-local', listOf(['169.254.0.0', 16, 'ipv4'], ['fe80::', 10, 'ipv6'])],
  ['unspecified', listOf(['0.0.0.0', 8, 'ipv4'], ['::', 128, 'ipv6'])],
]

function listOf(...nets: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[]): BlockList {
  const list = new BlockList()
  for (const [net, prefix, family] of nets) list.addSubnet(net, prefix, family)
  return list
}

/** The place of a host as it stands in a URL (IPv6 in brackets or bare). Names are not resolved. */
export function placeOf(host: string): Place {
  const name = host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  const family = isIP(name)
  if (family === 0) {
    if (name === 'localhost' || name.endsWith('.localhost')) return 'loopback'
    return name === 'metadata.google.internal' ? 'metadata' : 'elsewhere'
  }
  const address = family === 6 ? (mappedIPv4(name) ?? name) : name
  const kind = isIP(address) === 4 ? 'ipv4' : 'ipv6'
  return lists.find(([, list]) => list.check(address, kind))?.[0] ?? 'elsewhere'
}

/** The IPv4 address inside `::ffff:a.b.c.d`, in the form that the URL parser leaves it in (`::ffff:7f00:1`) too. */
function mappedIPv4(address: string): string | undefined {
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (dotted !== undefined) return dotted
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/i.exec(address) ?? []
  if (high === undefined || low === undefined) return undefined
  const bits = parseInt(high, 16) * 0x10000 + parseInt(low, 16)
  return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join('.')
}
