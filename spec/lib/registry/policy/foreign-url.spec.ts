import type * as Dns from 'node:dns'
import { describe, expect, it, vi } from 'vitest'
import {
  ForeignUrls,
  addressRefusedCode,
  normalizeForeignHosts,
} from '../../../../lib/registry/policy/foreign-url.js'

type Found = (error: Error | null, addresses: Dns.LookupAddress[]) => void

/** Addresses of names that exist only in this test. */
const names: Record<string, Dns.LookupAddress[]> = {
  'mixed.example': [
    { address: '8.1.2.3', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ],
  'public.example': [
    { address: '8.1.2.3', family: 4 },
    { address: '2001:db8::1', family: 6 },
  ],
}

vi.mock('node:dns', async (original) => {
  const dns = await original<typeof Dns>()
  const lookup = (name: string, options: { readonly all: true }, found: Found): void => {
    const known = names[name]
    if (known === undefined) dns.lookup(name, options, found)
    else found(null, known)
  }
  return { ...dns, lookup }
})

const far = new ForeignUrls(new URL('https://registry.example'))
const near = new ForeignUrls(new URL('http://127.0.0.1:5000'))

describe('the URLs of a foreign layer', () => {
  it.each(['https://layers.example/a', 'http://8.1.2.3/a', 'https://[2001:db8::1]:8443/a?b=c'])(
    'may be %s',
    (url) => {
      expect(far.parse(url).url.href).toBe(url)
    },
  )

  it.each([
    'file:///etc/passwd',
    'FILE:/etc/passwd',
    'ftp://layers.example/a',
    'data:,x',
    'unix:/run/docker.sock',
    'javascript:1',
    '/relative',
    '//layers.example/a',
    '',
    'https://me:secret@layers.example/a',
    'https://me@layers.example/a',
    'https://:secret@layers.example/a',
    'http://127.0.0.1/a',
    'http://127.1/a',
    'http://2130706433/a',
    'http://0x7f.1/a',
    'http://localhost:5000/a',
    'http://a.localhost./a',
    'http://[::1]/a',
    'http://[::ffff:127.0.0.1]/a',
    'http://0.0.0.0/a',
    'http://169.254.169.254/latest/meta-data',
    'http://[fe80::1]/a',
    'http://[fd00:ec2::254]/a',
    'http://metadata.google.internal/a',
    'http://10.1.2.3/a',
    'http://192.168.0.1/a',
    'http://172.20.0.1/a',
    'http://100.64.0.1/a',
    'http://[fd00::1]/a',
    'http://[::ffff:a00:1]/a',
    'http://[64:ff9b::a00:1]/a',
  ])('may not be %s', (url) => {
    expect(() => far.parse(url)).toThrow(
      expect.objectContaining({ code: 'REDIRECT_REFUSED', retryable: false }),
    )
  })

  it('may contain a loopback address if the registry is on one, but never a link-local address', () => {
    expect(near.parse('http://localhost:8080/a').url.port).toBe('8080')
    for (const url of ['http://169.254.169.254/a', 'http://0.0.0.0/a', 'http://[fe80::1]/a'])
      expect(() => near.parse(url)).toThrow(expect.objectContaining({ code: 'REDIRECT_REFUSED' }))
  })

  it('may contain the private address of the registry itself, with any port', () => {
    const inside = new ForeignUrls(new URL('https://10.0.0.5'))
    expect(inside.parse('http://10.0.0.5:8080/a').url.port).toBe('8080')
    expect(() => inside.parse('http://10.0.0.6/a')).toThrow('a private address')
  })

  it('may contain any host that the user named; the hint says how to name one', () => {
    const told = new ForeignUrls(
      new URL('https://registry.example'),
      normalizeForeignHosts(['10.1.2.3', 'Layers.LAN.', 'fd00::1', 'localhost']),
    )
    for (const url of [
      'http://10.1.2.3:81/a',
      'https://layers.lan/a',
      'http://[fd00::1]/a',
      'http://localhost/a',
    ])
      expect(told.parse(url).url.href).toBe(url)
    expect(() => told.parse('http://10.1.2.4/a')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('--foreign-host 10.1.2.4') as string }),
    )
    for (const wrong of ['http://a', 'a/b', 'a:80', 'me@a', '', 'a b', 'a?b'])
      expect(() => normalizeForeignHosts([wrong])).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  it('are shown in messages without user info and query', () => {
    for (const url of ['https://me:secret@layers.example/a', 'http://127.0.0.1/a?token=secret'])
      expect(() => far.parse(url)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('secret') as string }),
      )
  })

  const resolved = (urls: ForeignUrls, name: string, all: boolean): Promise<unknown[]> =>
    new Promise((resolve) => {
      urls.lookup(name, { all }, (error, ...answer) => resolve([error?.code, ...answer]))
    })

  it('are rejected if their name resolves to a forbidden address', async () => {
    // The only name that resolves on every machine without a name server.
    for (const all of [true, false])
      expect((await resolved(far, 'localhost', all))[0]).toBe(addressRefusedCode)
    const [none, addresses] = await resolved(near, 'localhost', true)
    expect(none).toBeFalsy()
    expect(addresses).toContainEqual(expect.objectContaining({ family: expect.any(Number) as number }))
    const [, address] = await resolved(near, 'localhost', false)
    expect(['127.0.0.1', '::1']).toContain(address)
    const told = new ForeignUrls(new URL('https://registry.example'), normalizeForeignHosts(['localhost']))
    expect((await resolved(told, 'localhost', true))[0]).toBeFalsy()
  })

  it('are rejected if any address of their name is forbidden, not only the first', async () => {
    for (const all of [true, false]) {
      expect((await resolved(far, 'mixed.example', all))[0]).toBe(addressRefusedCode)
      expect((await resolved(far, 'public.example', all))[0]).toBeFalsy()
    }
  })
})
