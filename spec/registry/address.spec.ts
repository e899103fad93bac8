import { describe, expect, it } from 'vitest'
import { placeOf } from '../../lib/registry/address.js'

/** As it stands in a URL, which is where all hosts come from. */
const hostOf = (host: string): string => new URL(`http://${host}`).hostname

describe('placeOf', () => {
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
    ['10.0.0.1', 'elsewhere'],
    ['192.168.1.1', 'elsewhere'],
    ['localhost.example', 'elsewhere'],
    ['notlocalhost', 'elsewhere'],
    ['[2001:db8::1]', 'elsewhere'],
  ])('%s is %s', (host, place) => {
    expect(placeOf(hostOf(host))).toBe(place)
  })
})
