import { describe, expect, it } from 'vitest'
import { addressClassOf } from '../../../../lib/registry/policy/address.js'

/** Returns the class of the host as `URL` normalizes it. All hosts come from URLs. */
const hostOf = (host: string): string => new URL(`http://${host}`).hostname

describe('addressClassOf', () => {
  it.each([
    ['localhost', 'loopback'],
    ['LOCALHOST.', 'loopback'],
    ['registry.localhost', 'loopback'],
    ['127.0.0.1', 'loopback'],
    ['127.255.0.9', 'loopback'],
    ['2130706433', 'loopback'],
    ['0x7f.1', 'loopback'],
    ['[::1]', 'loopback'],
    ['[::ffff:127.0.0.1]', 'loopback'],
    ['169.254.169.254', 'link-local'],
    ['[fe80::1]', 'link-local'],
    ['[::ffff:169.254.169.254]', 'link-local'],
    ['metadata.google.internal', 'metadata'],
    ['[fd00:ec2::254]', 'metadata'],
    ['0.0.0.0', 'unspecified'],
    ['[::]', 'unspecified'],
    ['[::ffff:0:0]', 'unspecified'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['100.127.255.255', 'private'],
    ['100.128.0.1', 'public'],
    ['100.100.100.200', 'metadata'],
    ['198.19.0.1', 'private'],
    ['224.0.0.1', 'private'],
    ['255.255.255.255', 'private'],
    ['[fd12:3456::1]', 'private'],
    ['[fc00::]', 'private'],
    ['[fec0::1]', 'private'],
    ['[ff02::1]', 'private'],
    ['[::ffff:10.0.0.1]', 'private'],
    ['[::10.0.0.1]', 'private'],
    ['[::7f00:1]', 'loopback'],
    ['[64:ff9b::a00:1]', 'private'],
    ['[64:ff9b::a9fe:a9fe]', 'link-local'],
    ['[64:ff9b::808:808]', 'public'],
    ['[2002:c0a8:101::1]', 'private'],
    ['[2002:808:808::1]', 'public'],
    ['8.8.8.8', 'public'],
    ['localhost.example', 'public'],
    ['notlocalhost', 'public'],
    ['[2001:db8::1]', 'public'],
  ])('%s is %s', (host, place) => {
    expect(addressClassOf(hostOf(host))).toBe(place)
  })

  it.each([
    ['fe80::1%eth0', 'link-local'],
    ['::ffff:192.168.0.1', 'private'],
    ['2001:db8:1:2:3:4:5:6', 'public'],
    ['::1', 'loopback'],
  ])('%s, as returned by a DNS lookup, is %s', (address, place) => {
    expect(addressClassOf(address)).toBe(place)
  })
})
