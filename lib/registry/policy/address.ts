/** Classifies host names and addresses by their reach, which determines whether they may be contacted and how. */
import { BlockList, isIP } from 'node:net'

/**
 * What can be reached at an address: this machine (`loopback`), the local link (`link-local`, which includes most
 * metadata services of clouds), no host (`unspecified`), a metadata service at another address (`metadata`), a private
 * network (`private`), or any other host (`public`). Names other than `localhost` and the metadata service of Google
 * are `public`.
 */
export type AddressClass = 'loopback' | 'link-local' | 'unspecified' | 'metadata' | 'private' | 'public'

const lists: readonly (readonly [AddressClass, BlockList])[] = [
  ['loopback', blockListOf(['127.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6'])],
  // Metadata services outside the link-local range: AWS over IPv6, Alibaba, Oracle.
  [
    'metadata',
    blockListOf(['fd00:ec2::254', 128, 'ipv6'], ['100.100.100.200', 32, 'ipv4'], ['192.0.0.192', 32, 'ipv4']),
  ],
  ['link-local', blockListOf(['169.254.0.0', 16, 'ipv4'], ['fe80::', 10, 'ipv6'])],
  ['unspecified', blockListOf(['0.0.0.0', 8, 'ipv4'], ['::', 128, 'ipv6'])],
  // RFC 1918, RFC 6598 (carrier-grade NAT), RFC 4193, RFC 3879. Addresses for benchmarks, multicast and reserved use
  // (RFC 2544, 5771, 4291, 1112) are treated alike, since they are not public.
  [
    'private',
    blockListOf(
      ['10.0.0.0', 8, 'ipv4'],
      ['172.16.0.0', 12, 'ipv4'],
      ['192.168.0.0', 16, 'ipv4'],
      ['100.64.0.0', 10, 'ipv4'],
      ['192.0.0.0', 24, 'ipv4'],
      ['198.18.0.0', 15, 'ipv4'],
      ['224.0.0.0', 3, 'ipv4'],
      ['fc00::', 7, 'ipv6'],
      ['fec0::', 10, 'ipv6'],
      ['ff00::', 8, 'ipv6'],
    ),
  ],
]

function blockListOf(...nets: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[]): BlockList {
  const list = new BlockList()
  for (const [net, prefix, family] of nets) list.addSubnet(net, prefix, family)
  return list
}

/** Returns the class of a host in a URL; IPv6 addresses may have brackets. Names are not resolved. */
export function addressClassOf(host: string): AddressClass {
  const name = host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  const family = isIP(name)
  if (family === 0) {
    if (name === 'localhost' || name.endsWith('.localhost')) return 'loopback'
    return name === 'metadata.google.internal' ? 'metadata' : 'public'
  }
  const address = family === 6 ? (embeddedIPv4(name) ?? name) : name
  const listFamily = isIP(address) === 4 ? 'ipv4' : 'ipv6'
  return lists.find(([, list]) => list.check(address, listFamily))?.[0] ?? 'public'
}

/** Prefixes of IPv6 addresses with an embedded IPv4 address, and the index of its first 16-bit word. */
const ipv4Embeddings: readonly (readonly [words: readonly number[], at: number])[] = [
  [[0, 0, 0, 0, 0, 0xffff], 6], // mapped (RFC 4291)
  [[0, 0, 0, 0, 0, 0], 6], // compatible (RFC 4291), which includes :: and ::1
  [[0x64, 0xff9b, 0, 0, 0, 0], 6], // NAT64 (RFC 6052)
  [[0x2002], 1], // 6to4 (RFC 3056)
]

/** Returns the IPv4 address that an IPv6 address is translated to. */
function embeddedIPv4(address: string): string | undefined {
  const words = wordsOf(address)
  const embedding = ipv4Embeddings.find(([prefix]) => prefix.every((word, at) => words[at] === word))
  if (embedding === undefined) return undefined
  const [high = 0, low = 0] = words.slice(embedding[1])
  // `::` and `::1` are IPv6 addresses of their own.
  if (embedding[0].every((word) => word === 0) && high === 0 && low < 2) return undefined
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** Returns the eight 16-bit words of an IPv6 address, without its zone. */
function wordsOf(address: string): readonly number[] {
  const plain = address
    .replace(/%.*$/s, '')
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
      const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number)
      return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
    })
  const [head = '', tail] = plain.split('::', 2)
  const parse = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => parseInt(word, 16))
  if (tail === undefined) return parse(head)
  const [before, after] = [parse(head), parse(tail)]
  return [...before, ...new Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0), ...after]
}
